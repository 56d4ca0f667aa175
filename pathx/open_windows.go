package pathx

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"

	"github.com/surefoot-go/surefoot/internal/winapi"
	"github.com/surefoot-go/surefoot/internal/winpath"
	"github.com/surefoot-go/surefoot/internal/winsec"
)

// openFile opens path for reading and shares it in every way, other than os.Open,
// so that it can be replaced. With FILE_FLAG_BACKUP_SEMANTICS a directory opens too,
// and is told from what access is denied to. The error is the bare number.
func openFile(path string) (*os.File, error) {
	p, err := windows.UTF16PtrFromString(winpath.Extended(path))
	if err != nil {
		return nil, err
	}
	var h windows.Handle
	err = winapi.RetrySharing(func() error {
		h, err = windows.CreateFile(p, windows.GENERIC_READ, windows.FILE_SHARE_READ|windows.FILE_SHARE_WRITE|windows.FILE_SHARE_DELETE,
			nil, windows.OPEN_EXISTING, windows.FILE_FLAG_BACKUP_SEMANTICS|winsec.Identification, 0)
		return err
	}, windows.ERROR_SHARING_VIOLATION)
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(h), path), nil
}

// dupStdin returns a handle of its own to the standard input.
func dupStdin() (*os.File, error) {
	var h windows.Handle
	self := windows.CurrentProcess()
	err := windows.DuplicateHandle(self, windows.Handle(os.Stdin.Fd()), self, &h, 0, false, windows.DUPLICATE_SAME_ACCESS)
	if err != nil {
		return nil, os.NewSyscallError("DuplicateHandle", err)
	}
	return os.NewFile(uintptr(h), "-"), nil
}

// waitForWriter: paths of pipes are refused as devices.
func waitForWriter(*os.File) error { return nil }

// isUnreachable says whether the error is about a file server.
func isUnreachable(err error) bool { return errors.Is(err, windows.ERROR_BAD_NETPATH) }
