package svcx

import (
	"errors"
	"os"
	"time"

	"golang.org/x/sys/windows"
)

// redirectOutput makes standard output and error lead to a file, for all that
// took os.Stdout or os.Stderr before (package log does), for the runtime and
// for child processes.
func redirectOutput(f *os.File) error {
	name := f.Name()
	*os.Stdout, *os.Stderr = *f, *f
	go func() {
		for ; ; time.Sleep(time.Minute) {
			rotate(name) // what fails now may succeed in a minute
		}
	}()
	h := windows.Handle(f.Fd())
	return errors.Join(
		windows.SetStdHandle(windows.STD_OUTPUT_HANDLE, h),
		windows.SetStdHandle(windows.STD_ERROR_HANDLE, h),
	)
}

// spareLogDir makes the directory that a service logs to whose own fails. Everyone
// can make files in Windows' temporary directory, and this one before the service.
func spareLogDir(name string) (string, error) {
	user, err := windows.GetCurrentProcessToken().GetTokenUser()
	if err != nil {
		return "", err
	}
	dir := within(os.TempDir(), name)
	_, err = makeLogDir(dir, user.User.Sid.String())
	return dir, err
}
