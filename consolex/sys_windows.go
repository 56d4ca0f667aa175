package consolex

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/registry"

	"github.com/surefoot-go/surefoot/internal/winapi"
)

// A sysConsole is the console that this process is attached to. The handle is CONOUT$, its active
// screen buffer, even if standard output is redirected.
type sysConsole struct{ out windows.Handle }

func openConsole() (console, error) {
	if _, err := windows.GetConsoleOutputCP(); err != nil {
		return nil, nil // a process without a console has no code page either
	}
	out, err := openDevice("CONOUT$", false)
	if err != nil {
		return nil, err
	}
	return sysConsole{out}, nil
}

// openDevice opens CONOUT$ or CONIN$, optionally as an inheritable handle. GetConsoleMode needs
// GENERIC_READ and SetConsoleMode needs GENERIC_WRITE.
func openDevice(name string, inherit bool) (windows.Handle, error) {
	p, err := windows.UTF16PtrFromString(name)
	if err != nil {
		return 0, err
	}
	var attributes windows.SecurityAttributes
	attributes.Length = uint32(unsafe.Sizeof(attributes))
	if inherit {
		attributes.InheritHandle = 1
	}
	return windows.CreateFile(p, windows.GENERIC_READ|windows.GENERIC_WRITE,
		windows.FILE_SHARE_READ|windows.FILE_SHARE_WRITE, &attributes, windows.OPEN_EXISTING, 0, 0)
}

func (sysConsole) codePage() (CodePage, error) {
	cp, err := windows.GetConsoleOutputCP()
	return CodePage(cp), err
}

func (sysConsole) setCodePage(cp CodePage) error { return windows.SetConsoleOutputCP(uint32(cp)) }

func (c sysConsole) mode() (mode uint32, err error) {
	err = windows.GetConsoleMode(c.out, &mode)
	return mode, err
}

func (c sysConsole) setMode(mode uint32) error { return windows.SetConsoleMode(c.out, mode) }

func (c sysConsole) close() error { return windows.CloseHandle(c.out) }

// handler is the control handler of this process. It is installed once and never removed: with
// nothing to undo it does nothing, and it always passes the event on.
var handler struct {
	sync.Mutex
	installed bool
}

// onEvent arranges for interrupt to be called on Ctrl+C and Ctrl+Break, before the handlers of
// package os/signal and of the system; the latter ends the process. The system calls all handlers
// in a thread of their own. If that thread finishes, the program has handled the event and
// continues, so resume is called. If the process ends, waiting threads have ended before. When a
// console is closed, its code page goes with it.
func onEvent(interrupt func() (resume func())) error {
	handler.Lock()
	defer handler.Unlock()
	if handler.installed {
		return nil
	}
	err := winapi.SetConsoleCtrlHandler(windows.NewCallback(func(event uint32) uintptr {
		if event != windows.CTRL_C_EVENT && event != windows.CTRL_BREAK_EVENT {
			return 0
		}
		var thread windows.Handle
		process := windows.CurrentProcess()
		err := windows.DuplicateHandle(process, windows.CurrentThread(), process, &thread, windows.SYNCHRONIZE, false, 0)
		resume := interrupt()
		switch {
		case err != nil:
		case resume == nil:
			windows.CloseHandle(thread)
		default:
			go func() {
				defer windows.CloseHandle(thread)
				if _, err := windows.WaitForSingleObject(thread, windows.INFINITE); err == nil {
					resume()
				}
			}()
		}
		return 0 // not handled: os/signal's own handler is next
	}), true)
	handler.installed = err == nil
	return err
}

func writeConsole(f *os.File, u []uint16) (int, error) {
	h := windows.Handle(f.Fd())
	if h == windows.InvalidHandle {
		return 0, &fs.PathError{Op: "write", Path: f.Name(), Err: os.ErrClosed}
	}
	var n uint32
	if err := windows.WriteConsole(h, &u[0], uint32(len(u)), &n, nil); err != nil {
		return 0, &fs.PathError{Op: "write", Path: f.Name(), Err: err}
	}
	return int(n), nil
}

// readConsole reads a line, subject to the console's mode. It returns 0 without an error if
// interrupted by Ctrl+C or Ctrl+Break: ReadConsoleW then succeeds, reads nothing and sets
// ERROR_OPERATION_ABORTED, which is the only difference from the end of input.
func readConsole(f *os.File, u []uint16) (int, error) {
	h := windows.Handle(f.Fd())
	if h == windows.InvalidHandle {
		return 0, &fs.PathError{Op: "read", Path: f.Name(), Err: os.ErrClosed}
	}
	var n uint32
	err := winapi.ReadConsole(h, &u[0], uint32(len(u)), &n, nil)
	switch {
	case err == nil:
		return int(n), nil
	case errors.Is(err, windows.ERROR_OPERATION_ABORTED):
		return 0, nil
	case errors.Is(err, syscall.EINVAL): // no error, and nothing read
		return 0, io.EOF
	}
	return 0, &fs.PathError{Op: "read", Path: f.Name(), Err: err}
}

func kindOf(f *os.File) Kind {
	conn, err := f.SyscallConn()
	if err != nil {
		return None
	}
	kind := None
	if err := conn.Control(func(fd uintptr) { kind = kindOfHandle(windows.Handle(fd)) }); err != nil {
		return None
	}
	return kind
}

func kindOfHandle(h windows.Handle) Kind {
	if h == 0 || h == windows.InvalidHandle {
		return None
	}
	kind, err := windows.GetFileType(h)
	if err != nil {
		return None
	}
	switch kind {
	case windows.FILE_TYPE_PIPE:
		if isMSYSPipe(pipeName(h)) {
			return MSYS
		}
		return Pipe
	case windows.FILE_TYPE_DISK:
		return File
	case windows.FILE_TYPE_CHAR:
		return kindOfDevice(h)
	}
	return None
}

// obeysEscapes reports whether a console processes escape sequences. For a handle without read
// access it checks the mode of the screen.
func obeysEscapes(f *os.File) bool {
	conn, err := f.SyscallConn()
	if err != nil {
		return false
	}
	var mode uint32
	if cerr := conn.Control(func(fd uintptr) { err = windows.GetConsoleMode(windows.Handle(fd), &mode) }); cerr != nil {
		return false
	}
	if err != nil {
		c, err := openConsole()
		if err != nil || c == nil {
			return false
		}
		defer c.close()
		if mode, err = c.mode(); err != nil {
			return false
		}
	}
	return mode&vtProcessing != 0
}

// pipeName returns the name of a pipe without \Device\NamedPipe, or "".
func pipeName(h windows.Handle) string {
	var info struct { // FILE_NAME_INFO
		length uint32 // in bytes
		name   [windows.MAX_PATH]uint16
	}
	err := windows.GetFileInformationByHandleEx(h, windows.FileNameInfo, (*byte)(unsafe.Pointer(&info)), uint32(unsafe.Sizeof(info)))
	if err != nil || int(info.length/2) > len(info.name) {
		return ""
	}
	return windows.UTF16ToString(info.name[:info.length/2])
}

// kindOfDevice distinguishes a console, NUL and a serial port. The handle of a console that has
// gone is still that of a console device. So is a write-only handle, for which GetConsoleMode
// fails.
func kindOfDevice(h windows.Handle) Kind {
	var mode uint32
	consoleErr := windows.GetConsoleMode(h, &mode)
	if consoleErr == nil {
		return Console
	}
	const fileFsDeviceInformation, fileDeviceNull, fileDeviceConsole = 4, 0x15, 0x50
	var iosb windows.IO_STATUS_BLOCK
	var info struct{ deviceType, characteristics uint32 } // FILE_FS_DEVICE_INFORMATION
	err := winapi.NtQueryVolumeInformationFile(h, &iosb, (*byte)(unsafe.Pointer(&info)), uint32(unsafe.Sizeof(info)), fileFsDeviceInformation)
	switch {
	case err != nil:
		return File
	case info.deviceType == fileDeviceNull:
		return Null
	case info.deviceType != fileDeviceConsole:
		return File
	}
	var nothing uint16
	var n uint32
	if errors.Is(consoleErr, windows.ERROR_ACCESS_DENIED) || windows.WriteConsole(h, &nothing, 0, &n, nil) == nil {
		return Console
	}
	return None
}

const attachParentProcess = ^uint32(0) // ATTACH_PARENT_PROCESS

// replaced keeps the files of invalid handles reachable: the runtime closes the handle of an
// unreachable file, and by then its number may belong to another handle.
var replaced []*os.File

func attachParent() error {
	standard := [...]struct {
		id     uint32
		file   **os.File
		device string
	}{
		{windows.STD_INPUT_HANDLE, &os.Stdin, "CONIN$"},
		{windows.STD_OUTPUT_HANDLE, &os.Stdout, "CONOUT$"},
		{windows.STD_ERROR_HANDLE, &os.Stderr, "CONOUT$"},
	}
	var before [len(standard)]windows.Handle // AttachConsole may replace them
	for i, s := range standard {
		before[i], _ = windows.GetStdHandle(s.id)
		if kindOfHandle(before[i]) == None {
			before[i] = 0
		}
	}

	switch err := winapi.AttachConsole(attachParentProcess); {
	case errors.Is(err, windows.ERROR_ACCESS_DENIED):
		return nil // already has a console
	case err != nil:
		return fmt.Errorf("%w: the parent process has none to attach to: %w", ErrNoConsole, err)
	}

	var errs []error
	for i, s := range standard {
		if before[i] != 0 {
			errs = append(errs, windows.SetStdHandle(s.id, before[i]))
			continue
		}
		h, err := openDevice(s.device, true)
		if err != nil {
			errs = append(errs, fmt.Errorf("consolex: opening %s: %w", s.device, err))
			continue
		}
		errs = append(errs, windows.SetStdHandle(s.id, h))
		replaced = append(replaced, *s.file)
		*s.file = os.NewFile(uintptr(h), s.device)
	}
	return errors.Join(errs...)
}

func ansi() CodePage { return machinePages().ansi }

func oem() CodePage { return machinePages().oem }

// machine holds the machine's code pages, which only change on reboot.
var machine struct {
	once  sync.Once
	pages codePages
}

type codePages struct{ ansi, oem CodePage }

func machinePages() codePages {
	machine.once.Do(func() { machine.pages = readPages() })
	return machine.pages
}

// readPages reads the registry, because GetACP and GetOEMCP return 65001 in a process whose
// manifest sets activeCodePage to UTF-8.
func readPages() (pages codePages) {
	pages.ansi, pages.oem = CodePage(windows.GetACP()), CodePage(winapi.GetOEMCP())
	key, err := registry.OpenKey(registry.LOCAL_MACHINE, `SYSTEM\CurrentControlSet\Control\Nls\CodePage`, registry.QUERY_VALUE)
	if err != nil {
		return pages
	}
	defer key.Close()
	for name, page := range map[string]*CodePage{"ACP": &pages.ansi, "OEMCP": &pages.oem} {
		if text, _, err := key.GetStringValue(name); err == nil {
			if number, err := strconv.ParseUint(text, 10, 32); err == nil {
				*page = CodePage(number)
			}
		}
	}
	return pages
}

// consoleOutput returns 0 without a console.
func consoleOutput() CodePage {
	cp, err := windows.GetConsoleOutputCP()
	if err != nil {
		return 0
	}
	return CodePage(cp)
}

// ownPage returns OEM for a program that does not share this process's console.
func ownPage(cmd *exec.Cmd) (CodePage, bool) {
	const own = windows.CREATE_NO_WINDOW | windows.CREATE_NEW_CONSOLE | windows.DETACHED_PROCESS
	if cmd == nil || cmd.SysProcAttr == nil || cmd.SysProcAttr.CreationFlags&own == 0 {
		return 0, false
	}
	return OEM(), true
}
