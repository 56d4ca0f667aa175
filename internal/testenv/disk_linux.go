package testenv

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// SmallDisk returns the directory of a file system of t's own, which must be in a mount namespace
// of its own, as InNetNS gives it. The options are tmpfs's, such as "size=128k".
func SmallDisk(t testing.TB, options string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, options+",mode=755"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Unmount(dir, unix.MNT_DETACH) })
	return dir
}

// FillDisk fills the file system of dir with a file "filler". free removes it.
func FillDisk(t testing.TB, dir string) (free func()) {
	t.Helper()
	filler, err := os.Create(filepath.Join(dir, "filler"))
	if err != nil {
		t.Fatal(err)
	}
	for err == nil {
		_, err = filler.Write(make([]byte, 4096))
	}
	if closeErr := filler.Close(); !errors.Is(err, unix.ENOSPC) || closeErr != nil {
		t.Fatal(err, closeErr)
	}
	return func() {
		t.Helper()
		if err := os.Remove(filler.Name()); err != nil {
			t.Fatal(err)
		}
	}
}
