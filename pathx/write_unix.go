//go:build unix

package pathx

import (
	"errors"
	"io/fs"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// An original is a file that will be replaced.
type original struct {
	perm     fs.FileMode
	uid, gid int
}

func originalOf(_ *os.Root, _ string, fi fs.FileInfo) (*original, error) {
	st := fi.Sys().(*syscall.Stat_t)
	return &original{fi.Mode().Perm(), int(st.Uid), int(st.Gid)}, nil
}

// sweepFlags: what was a file a moment ago may be a pipe now, which must not block.
const sweepFlags = unix.O_RDONLY | unix.O_NONBLOCK

// createFile makes a new file; one that will replace another is for nobody else's
// eyes until it has that one's owner and permissions.
func createFile(root *os.Root, name string, perm fs.FileMode, old *original) (*os.File, error) {
	if old != nil {
		perm = 0o600
	}
	return root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, perm)
}

// inherit gives f the owner and permissions of old. Only root can give files away, and others
// only to their own groups; who can't, keeps them.
func inherit(f *os.File, old *original) error {
	fi, err := f.Stat()
	if err != nil {
		return err
	}
	if st := fi.Sys().(*syscall.Stat_t); int(st.Uid) != old.uid || int(st.Gid) != old.gid {
		err := f.Chown(old.uid, old.gid)
		if errors.Is(err, fs.ErrPermission) {
			err = f.Chown(-1, old.gid)
		}
		if err != nil && !errors.Is(err, fs.ErrPermission) {
			return err
		}
	}
	return f.Chmod(old.perm)
}

func rename(root *os.Root, _ *os.File, from, to string, _ *original) error {
	return root.Rename(from, to)
}

// syncDir makes a rename durable. Some file systems can't, and need not, flush a
// directory.
func syncDir(root *os.Root) error {
	dir, err := root.Open(".")
	if err != nil {
		return err
	}
	defer dir.Close()
	if err := syncFile(dir); err != nil && !errors.Is(err, unix.EINVAL) && !errors.Is(err, unix.ENOTSUP) {
		return err
	}
	return nil
}
