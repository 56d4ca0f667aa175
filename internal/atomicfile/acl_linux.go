package atomicfile

import (
	"errors"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

const aclName = "system.posix_acl_access"

// readACL returns the list of a file, or nil if it has none. This account may not be able to open
// the file. If the file is replaced at that moment, so is the content that the list protects.
func readACL(root *os.Root, base string) acl {
	path := filepath.Join(root.Name(), base)
	buf := make([]byte, 1<<10)
	for {
		n, err := unix.Lgetxattr(path, aclName, buf)
		switch {
		case err == nil:
			return parseACL(buf[:n])
		case err == unix.ERANGE && len(buf) < 1<<16: // the most that the kernel allows
			buf = make([]byte, 1<<16)
		default:
			return nil
		}
	}
}

func writeACL(f *os.File, a acl) error {
	return os.NewSyscallError("fsetxattr", unix.Fsetxattr(int(f.Fd()), aclName, a, 0))
}

// dropACL removes the list that f inherited from its directory.
func dropACL(f *os.File) error {
	err := unix.Fremovexattr(int(f.Fd()), aclName)
	if err == nil || errors.Is(err, unix.ENODATA) || errors.Is(err, unix.ENOTSUP) {
		return nil
	}
	return os.NewSyscallError("fremovexattr", err)
}
