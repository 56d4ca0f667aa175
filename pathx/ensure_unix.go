//go:build unix

package pathx

import (
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

func makeDir(dir string, private bool) error {
	if private {
		return os.Mkdir(dir, 0o700)
	}
	return os.Mkdir(dir, 0o755)
}

// secureDir refuses a directory that others may have put something into, and closes a
// private one to those who can only read it.
func secureDir(f *os.File, fi fs.FileInfo, dir string, private bool) error {
	euid := uint32(unix.Geteuid())
	if err := checkMode(dir, ownerOf(fi), fi.Mode()&^fs.ModeSticky, euid); err != nil {
		return err // a sticky directory such as /tmp is for everybody too
	}
	err := checkAncestors(fi, dir, func(dir string, di fs.FileInfo) error {
		return checkMode(dir, ownerOf(di), di.Mode(), euid)
	})
	if err != nil || !private || fi.Mode()&0o077 == 0 {
		return err
	}
	return f.Chmod(fi.Mode() &^ 0o077)
}
