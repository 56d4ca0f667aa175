// Package atomicfile replaces files atomically: a reader that opens one, at any time and even after
// a crash, gets either the old or the new content in full.
//
// The data is written to a temporary file in the same directory, which is flushed, gets the
// permissions of the old file, and is renamed. Temporary files have one of a few names, and each is
// locked as long as its writer lives. So the files of dead writers are found without reading the
// directory, which may contain many thousands of files.
package atomicfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// ErrNotRegular is returned, wrapped, if the name is a directory, device, pipe or socket.
var ErrNotRegular = errors.New("not a regular file")

// ErrDirectory is returned, wrapped, if the name is a directory.
var ErrDirectory = errors.New("a directory")

// SyncFile flushes a file to disk. Swapped by tests to simulate a full or broken disk.
var SyncFile = (*os.File).Sync

// errSwept is returned if another writer has mistaken the temporary file for a dead writer's.
var errSwept = errors.New("the temporary file was removed")

// Write replaces or creates the file base in the directory dir, an absolute path. A new file gets
// perm, before umask; an existing one keeps its permissions. See pathx.WriteFile for details.
func Write(dir, base string, data []byte, perm fs.FileMode) error {
	return replace(dir, base, data, perm.Perm(), false)
}

// WriteFresh is like Write but keeps nothing of the old file: the new one belongs to this account
// and has exactly perm, regardless of umask.
func WriteFresh(dir, base string, data []byte, perm fs.FileMode) error {
	return replace(dir, base, data, perm.Perm(), true)
}

// Replace is WriteFresh of the file at a path, and names it in its errors.
func Replace(name string, data []byte, perm fs.FileMode) error {
	if err := WriteFresh(filepath.Dir(name), filepath.Base(name), data, perm); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}

func replace(dir, base string, data []byte, perm fs.FileMode, fresh bool) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	err = errSwept
	for attempt := 0; attempt < 10 && errors.Is(err, errSwept); attempt++ {
		err = write(root, base, data, perm, fresh)
	}
	return err
}

func write(root *os.Root, base string, data []byte, perm fs.FileMode, fresh bool) (err error) {
	var old *original
	err = waitSharing(func() (err error) {
		old, err = replaced(root, base)
		return err
	})
	if err != nil {
		return err
	}
	if fresh {
		old = nil
	}
	temps := tempsOf(root, base)
	f, err := temps.create(perm, old)
	if err != nil {
		return err
	}
	defer func() {
		// The lock is released with the handle, after which another process may remove the file.
		if err != nil {
			root.Remove(f.name)
		}
		if e := f.Close(); err == nil && !errors.Is(e, fs.ErrClosed) {
			err = e
		}
		release(f.path)
	}()
	if _, err := f.Write(data); err != nil {
		return err
	}
	switch {
	case old != nil:
		err = inherit(f.File, old)
	case fresh:
		err = setMode(f.File, perm)
	}
	if err != nil {
		return err
	}
	if err := SyncFile(f.File); err != nil {
		return err
	}
	if err := rename(root, f.File, f.name, base, old); err != nil {
		return err
	}
	temps.sweep() // not earlier: while the file is missing, leftovers may be the only copy
	return syncRename(root, f.File)
}

// replaced returns the file that will be replaced. It returns nil if there is none, or if it is a
// link, which is itself replaced.
func replaced(root *os.Root, base string) (*original, error) {
	fi, err := root.Lstat(base)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, err
	case fi.Mode()&fs.ModeSymlink != 0:
		return nil, nil
	case fi.IsDir():
		return nil, ErrDirectory
	case !fi.Mode().IsRegular():
		return nil, ErrNotRegular
	}
	return originalOf(root, base, fi)
}
