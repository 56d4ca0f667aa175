//go:build unix

package pathx

import (
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// openFile opens path for reading. O_NONBLOCK: a FIFO must not hold the search up;
// O_NOCTTY: nor a terminal become that of a service.
// The error is the bare number, without the path and an allocation.
func openFile(path string) (*os.File, error) {
	for {
		fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC|unix.O_NONBLOCK|unix.O_NOCTTY, 0)
		switch err {
		case nil:
			if err := unix.SetNonblock(fd, false); err != nil {
				unix.Close(fd)
				return nil, err
			}
			return os.NewFile(uintptr(fd), path), nil
		case unix.EINTR: // golang.org/issue/11180: slow file systems return it
		default:
			return nil, err
		}
	}
}

func isUnreachable(error) bool { return false }

// dupStdin returns a handle of its own to the standard input.
func dupStdin() (*os.File, error) {
	fd, err := unix.FcntlInt(os.Stdin.Fd(), unix.F_DUPFD_CLOEXEC, 3)
	if err != nil {
		return nil, os.NewSyscallError("dup", err)
	}
	return os.NewFile(uintptr(fd), "-"), nil
}

// waitForWriter waits until something has been written to a named pipe, or its writer has come and
// gone: it was opened without waiting for one.
func waitForWriter(f *os.File) error {
	fds := []unix.PollFd{{Fd: int32(f.Fd()), Events: unix.POLLIN}}
	for end := time.Now().Add(writerWait); ; {
		n, err := unix.Poll(fds, int(time.Until(end).Milliseconds()))
		switch {
		case err == unix.EINTR && time.Now().Before(end):
		case err == nil && n == 0:
			return errNoWriter
		default:
			return os.NewSyscallError("poll", err)
		}
	}
}
