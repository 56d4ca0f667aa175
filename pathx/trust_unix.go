//go:build unix

package pathx

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

func privileged() bool { return unix.Geteuid() == 0 }

func checkTrust(file *os.File, fi fs.FileInfo, path string) error {
	euid := uint32(unix.Geteuid())
	if err := checkMode(path, ownerOf(fi), fi.Mode(), euid); err != nil {
		return err
	}
	return checkAncestors(fi, path, func(dir string, di fs.FileInfo) error {
		return checkMode(dir, ownerOf(di), di.Mode(), euid)
	})
}

func ownerOf(fi fs.FileInfo) uint32 { return fi.Sys().(*syscall.Stat_t).Uid }

// maxLinks is the number of links after which Linux takes a path for a loop.
const maxLinks = 40

// checkAncestors walks down to the file or directory that is open, as the system did,
// and has every directory on the way checked.
func checkAncestors(open fs.FileInfo, path string, check func(dir string, fi fs.FileInfo) error) error {
	at, rest := "/", path // what has been walked, without links, and what hasn't
	var parent fs.FileMode
	for links := 0; ; {
		fi, err := os.Lstat(at)
		if errors.Is(err, fs.ErrNotExist) {
			return errSwapped(path)
		}
		if err != nil {
			return err
		}
		if fi.Mode()&fs.ModeSymlink != 0 {
			if parent&fs.ModeSticky != 0 { // as in /tmp: only its owner can swap it
				if err := check(at, fi); err != nil {
					return err
				}
			}
			target, err := os.Readlink(at)
			if links++; err != nil || links > maxLinks {
				return errSwapped(path)
			}
			if at, rest = filepath.Dir(at), target+"/"+rest; filepath.IsAbs(target) {
				at = "/"
			}
			continue
		}
		if fi.IsDir() {
			if err := check(at, fi); err != nil {
				return err
			}
			parent = fi.Mode()
		}
		name, more, _ := strings.Cut(strings.TrimLeft(rest, "/"), "/")
		switch {
		case name == "" && os.SameFile(fi, open):
			return nil
		case name == "" || !fi.IsDir():
			return errSwapped(path)
		}
		at, rest = filepath.Join(at, name), more
	}
}
