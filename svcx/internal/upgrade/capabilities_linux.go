package upgrade

import (
	"errors"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// keepCapabilities copies the capabilities of exe (setcap(8)) to f. A service needs them, for
// instance, to listen on port 80 without root.
func keepCapabilities(f *os.File, exe string) error {
	const name = "security.capability"
	value := make([]byte, 64) // VFS_CAP_REVISION_3 needs 24 bytes
	n, err := unix.Getxattr(exe, name, value)
	if err != nil {
		return nil // exe has no capabilities
	}
	err = unix.Fsetxattr(int(f.Fd()), name, value[:n], 0)
	if errors.Is(err, fs.ErrPermission) { // a user's service, upgraded by that user
		return nil
	}
	return os.NewSyscallError("fsetxattr", err)
}
