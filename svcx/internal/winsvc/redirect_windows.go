package winsvc

import (
	"os"
	"syscall"

	"github.com/surefoot-go/surefoot/internal/wincall"
	"github.com/surefoot-go/surefoot/svcx/internal/spec"
)

// redirectOutput makes standard output and error lead to a file: for all that took os.Stdout or
// os.Stderr before (package log does), for the runtime and for child processes.
func redirectOutput(f *os.File) error {
	*os.Stdout, *os.Stderr = *f, *f
	h := syscall.Handle(f.Fd())
	return spec.Join(
		wincall.SetStdHandle(syscall.STD_OUTPUT_HANDLE, h),
		wincall.SetStdHandle(syscall.STD_ERROR_HANDLE, h),
	)
}
