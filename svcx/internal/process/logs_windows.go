package process

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// RedirectOutput makes standard output and error lead to a file: for all that
// took os.Stdout or os.Stderr before (package log does), for the runtime and
// for child processes.
func (l *Logs) RedirectOutput(f *os.File) error {
	*os.Stdout, *os.Stderr = *f, *f
	h := windows.Handle(f.Fd())
	return errors.Join(
		windows.SetStdHandle(windows.STD_OUTPUT_HANDLE, h),
		windows.SetStdHandle(windows.STD_ERROR_HANDLE, h),
	)
}
