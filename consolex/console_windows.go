package consolex

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"sync"
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"

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
