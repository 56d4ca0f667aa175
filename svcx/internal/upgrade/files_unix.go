//go:build unix

package upgrade

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// lock locks the directory: a lock file would have to be removed.
func lock(name string) (unlock func(), err error) {
	dir, err := os.Open(filepath.Dir(name))
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(dir.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		dir.Close()
		if err == syscall.EWOULDBLOCK {
			err = ErrBusy
		}
		return nil, err
	}
	return func() { dir.Close() }, nil
}

func link(from, to string) error { return os.Link(from, to) }

// replace moves a file to the program's name, in one step.
func (f *Files) replace(from string) error { return os.Rename(from, f.exe) }

// own gives a file to the owner of another one.
func own(f *os.File, like fs.FileInfo) error {
	st, ok := like.Sys().(*syscall.Stat_t)
	if !ok {
		return nil
	}
	err := f.Chown(int(st.Uid), int(st.Gid))
	if errors.Is(err, fs.ErrPermission) { // the user's own service
		return nil
	}
	return err
}

func syncDir(name string) error {
	dir, err := os.Open(name)
	if err != nil {
		return err
	}
	dir.Sync() // not every file system can
	return dir.Close()
}

func inUse(error) bool { return false }
