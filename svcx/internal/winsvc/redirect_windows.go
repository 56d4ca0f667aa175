package winsvc

import (
	"os"
	"syscall"

	"github.com/surefoot-go/surefoot/internal/wincall"
	"github.com/surefoot-go/surefoot/svcx/internal/spec"
)

// redirectOutput redirects standard output and error to a file: for code that has already stored
// os.Stdout or os.Stderr (such as package log), for the runtime and for child processes.
func redirectOutput(f *os.File) error {
	*os.Stdout, *os.Stderr = *f, *f
	h := syscall.Handle(f.Fd())
	return spec.Join(
		wincall.SetStdHandle(syscall.STD_OUTPUT_HANDLE, h),
		wincall.SetStdHandle(syscall.STD_ERROR_HANDLE, h),
	)
}
