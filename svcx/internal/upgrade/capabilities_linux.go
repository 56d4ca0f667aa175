package upgrade

import (
	"errors"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// keepCapabilities gives a program the capabilities of another one (setcap(8)), which a service that
// listens on port 80 without root needs.
func keepCapabilities(f *os.File, exe string) error {
	const name = "security.capability"
	value := make([]byte, 64) // VFS_CAP_REVISION_3 has 24
	n, err := unix.Getxattr(exe, name, value)
	if err != nil {
		return nil // there are none
	}
	err = unix.Fsetxattr(int(f.Fd()), name, value[:n], 0)
	if errors.Is(err, fs.ErrPermission) { // the user's own service
		return nil
	}
	return os.NewSyscallError("fsetxattr", err)
}
