//go:build unix

package pathx

import (
	"os"

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
