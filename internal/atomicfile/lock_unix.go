//go:build unix

package atomicfile

import (
	"os"

	"golang.org/x/sys/unix"
)

// lockFile locks f until it is closed, without waiting.
func lockFile(f *os.File) error {
	err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if err == unix.EWOULDBLOCK {
		return errLocked
	}
	return err
}
