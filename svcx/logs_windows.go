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
func redirectOutput(name string) error {
	f, err := openLog(name)
	if err != nil {
		return err
	}
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
