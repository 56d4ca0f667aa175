//go:build unix

package atomicfile

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
	acl      acl
}

func originalOf(root *os.Root, base string, fi fs.FileInfo) (*original, error) {
	st := fi.Sys().(*syscall.Stat_t)
	return &original{fi.Mode().Perm(), int(st.Uid), int(st.Gid), readACL(root, base)}, nil
}

// sweepFlags contains O_NONBLOCK, because a file may have been replaced by a pipe, which must not
// block.
const sweepFlags = unix.O_RDONLY | unix.O_NONBLOCK

// setsAside is false because every rename is atomic.
const setsAside = false

// createFile creates a new file. If it will replace another one, no other account can access it
// until it has that one's owner and permissions.
func createFile(root *os.Root, name string, perm fs.FileMode, old *original) (*os.File, error) {
	if old != nil {
		perm = 0o600
	}
	return root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, perm)
}

// inherit gives f the owner and permissions of old. Only root can change the owner; other accounts
// can only change the group to one of their own. If that fails, f keeps its owner and group, and
// grants no more access than before.
func inherit(f *os.File, old *original) error {
	fi, err := f.Stat()
	if err != nil {
		return err
	}
	perm, list := old.perm, old.acl
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
			perm = withGroup(perm, perm&(perm<<3))
			list = list.withGroup(perm)
		}
	}
	if list != nil {
		if err = writeACL(f, list); err == nil {
			return nil // it holds the permissions of all
		}
		// The group bits were the list's mask: the maximum rights of all entries.
		perm = withGroup(perm, list.group()<<3)
	}
	if err := dropACL(f); err != nil {
		return err
	}
	return setMode(f, perm)
}

// setMode only changes a differing mode, because 9p, drvfs and vfat reject every chmod.
func setMode(f *os.File, perm fs.FileMode) error {
	fi, err := f.Stat()
	if err != nil || fi.Mode().Perm() == perm {
		return err
	}
	return chmod(f, perm)
}

// chmod is swapped by tests to simulate a file system that rejects it.
var chmod = (*os.File).Chmod

// withGroup replaces the group's permissions.
func withGroup(perm, group fs.FileMode) fs.FileMode { return perm&^0o070 | group&0o070 }

// mayNotGive reports whether err means that ownership can't be changed. EINVAL is returned in a
// user namespace for an unmapped owner.
func mayNotGive(err error) bool {
	return errors.Is(err, fs.ErrPermission) || errors.Is(err, unix.EINVAL)
}

func rename(root *os.Root, _ *os.File, from, to string, _ *original) error {
	return root.Rename(from, to)
}

// syncRename makes a rename durable. Some file systems can't flush a directory, and don't need to.
func syncRename(root *os.Root, _ *os.File) error {
	dir, err := root.Open(".")
	if err != nil {
		return err
	}
	defer dir.Close()
	if err := SyncFile(dir); err != nil && !errors.Is(err, unix.EINVAL) && !errors.Is(err, unix.ENOTSUP) {
		return err
	}
	return nil
}

// waitSharing just calls f: only on Windows can a process keep others from opening its files.
func waitSharing(f func() error) error { return f() }
