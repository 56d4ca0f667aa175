// Package atomicfile replaces files whole: a reader that opens one, at any time and after a crash
// at any moment, gets the old content or the new one.
//
// The data goes into a temporary file in the same directory, which is flushed, gets what the old
// file had of permissions, and is renamed. Temporary files have one of a few names, each held by a
// lock for as long as its writer lives. So what a dead writer has left is found without reading the
// directory, which may hold many thousands of files.
package atomicfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// ErrNotRegular is in the error for a directory, device, pipe or socket at the file's name.
var ErrNotRegular = errors.New("not a regular file")

// ErrDirectory is in the error for a directory at the file's name.
var ErrDirectory = errors.New("a directory")

// SyncFile flushes a file to the disk. Tests swap it, to have a full or broken disk.
var SyncFile = (*os.File).Sync

// errSwept: another writer has taken the temporary file for a dead writer's.
var errSwept = errors.New("the temporary file was removed")

// Write replaces the file base in the directory dir, an absolute path, or makes it. A new file gets
// perm, less the umask; another keeps its permissions. pathx.WriteFile says what else holds.
func Write(dir, base string, data []byte, perm fs.FileMode) error {
	return replace(dir, base, data, perm.Perm(), false)
}

// WriteFresh is Write without anything of the old file: the new one belongs to this account and has
// exactly perm, whatever the umask.
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
		// The lock ends with the handle: another process that sees the file unlocked may remove it.
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
	temps.sweep() // only now: as long as the file is missing, what is left may be all there is
	return syncRename(root, f.File)
}

// replaced returns the file that will be replaced, or nil if there is none: nothing, or a link,
// which is replaced itself.
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
