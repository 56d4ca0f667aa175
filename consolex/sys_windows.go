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

// A sysConsole is the console that this process is attached to. The handle is
// CONOUT$, its active screen buffer, wherever standard output leads.
type sysConsole struct{ out windows.Handle }

func openConsole() (console, error) {
	if _, err := windows.GetConsoleOutputCP(); err != nil {
		return nil, nil // a process without a console has no code page either
	}
	out, err := openDevice("CONOUT$")
	if err != nil {
		return nil, err
	}
	return sysConsole{out}, nil
}

// openDevice opens CONOUT$ or CONIN$. GetConsoleMode needs GENERIC_READ and
// SetConsoleMode GENERIC_WRITE. Children may inherit the handle.
func openDevice(name string) (windows.Handle, error) {
	p, err := windows.UTF16PtrFromString(name)
	if err != nil {
		return 0, err
	}
	inherit := windows.SecurityAttributes{InheritHandle: 1}
	inherit.Length = uint32(unsafe.Sizeof(inherit))
	return windows.CreateFile(p, windows.GENERIC_READ|windows.GENERIC_WRITE,
		windows.FILE_SHARE_READ|windows.FILE_SHARE_WRITE, &inherit, windows.OPEN_EXISTING, 0, 0)
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

// handler is the control handler of this process. It is installed once and stays:
// with nothing to undo it does nothing, and it always passes the event on.
var handler struct {
	sync.Mutex
	installed bool
}

func (sysConsole) onEnd(f func()) error {
	handler.Lock()
	defer handler.Unlock()
	if handler.installed {
		return nil
	}
	err := winapi.SetConsoleCtrlHandler(windows.NewCallback(func(event uint32) uintptr {
		switch event {
		case windows.CTRL_C_EVENT, windows.CTRL_BREAK_EVENT, windows.CTRL_CLOSE_EVENT:
			f()
		}
		return 0 // not handled: Go's own handler is next
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

// readConsole reads a line, or what the console's mode makes of it. It returns 0
// without an error if Ctrl+C or Ctrl+Break has interrupted it: ReadConsoleW then
// succeeds, reads nothing and leaves ERROR_OPERATION_ABORTED, and only that tells
// it from the end.
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
	var mode uint32
	if windows.GetConsoleMode(h, &mode) == nil {
		return Console
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

// kindOfDevice tells NUL from a serial port or a console handle that may not be
// read.
func kindOfDevice(h windows.Handle) Kind {
	const fileFsDeviceInformation, fileDeviceNull = 4, 0x15
	var iosb windows.IO_STATUS_BLOCK
	var info struct{ deviceType, characteristics uint32 } // FILE_FS_DEVICE_INFORMATION
	err := winapi.NtQueryVolumeInformationFile(h, &iosb, (*byte)(unsafe.Pointer(&info)), uint32(unsafe.Sizeof(info)), fileFsDeviceInformation)
	if err == nil && info.deviceType == fileDeviceNull {
		return Null
	}
	return File
}

const attachParentProcess = ^uint32(0) // ATTACH_PARENT_PROCESS

// replaced keeps the files of dead handles: that of a file that nobody holds is closed,
// though by then its number may be another one's.
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
	var before [len(standard)]windows.Handle // AttachConsole replaces them
	for i, s := range standard {
		before[i], _ = windows.GetStdHandle(s.id)
		if kindOfHandle(before[i]) == None {
			before[i] = 0
		}
	}

	switch err := winapi.AttachConsole(attachParentProcess); {
	case errors.Is(err, windows.ERROR_ACCESS_DENIED):
		return nil // has one already
	case err != nil:
		return fmt.Errorf("%w: the parent process has none to attach to: %w", ErrNoConsole, err)
	}

	var errs []error
	for i, s := range standard {
		if before[i] != 0 {
			errs = append(errs, windows.SetStdHandle(s.id, before[i]))
			continue
		}
		h, err := openDevice(s.device)
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

// machinePages returns the machine's code pages, which change only when it is started again.
// GetACP and GetOEMCP are 65001 in a process whose manifest sets activeCodePage to UTF-8.
var machinePages = sync.OnceValue(func() (pages struct{ ansi, oem CodePage }) {
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
})

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
