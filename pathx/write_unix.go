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
	perm := old.perm
	if st := fi.Sys().(*syscall.Stat_t); int(st.Uid) != old.uid || int(st.Gid) != old.gid {
		err := f.Chown(old.uid, old.gid)
		if mayNotGive(err) {
			err = f.Chown(-1, old.gid)
		}
		switch {
		case err == nil:
		case !mayNotGive(err):
			return err
		case int(st.Gid) != old.gid: // another group gets what others have
			perm = perm&^0o070 | perm&(perm<<3)&0o070
		}
	}
	return f.Chmod(perm)
}

// mayNotGive: EINVAL is a user namespace's word for an owner that it doesn't know.
func mayNotGive(err error) bool {
	return errors.Is(err, fs.ErrPermission) || errors.Is(err, unix.EINVAL)
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

// waitSharing: only on Windows does one process keep others from opening its files.
func waitSharing(f func() error) error { return f() }
