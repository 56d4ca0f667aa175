//go:build unix

package unixsec

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/surefoot-go/surefoot/internal/trust"
)

// CheckFile returns a [*trust.Finding] if others could change or replace the file or directory at
// an absolute path.
func (a Account) CheckFile(path string) error {
	fi, err := os.Stat(path)
	if err != nil {
		return err
	}
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		return err
	}
	if err := a.CheckOpen(fi, real); err != nil {
		return err
	}
	return a.CheckWay(fi, path)
}

// CheckOpen Judges what fi was read from, whatever the way to it is.
func (a Account) CheckOpen(fi fs.FileInfo, path string) error { return a.Judge(entry(path, fi)) }

// Judge is like Check, but considers the file system before it reports that others could change the
// object.
func (a Account) Judge(e Entry) error {
	err := a.Check(e)
	if err == nil {
		return nil
	}
	e.Mount, e.Unmapped = mountOf(e.Path), isUnmapped(e.UID)
	return a.Check(e)
}

func entry(path string, fi fs.FileInfo) Entry {
	return Entry{Path: path, UID: Owner(fi), Mode: fi.Mode()}
}

// Owner returns the user ID that a file belongs to.
func Owner(fi fs.FileInfo) uint32 { return fi.Sys().(*syscall.Stat_t).Uid }

// maxLinks is the number of links after which Linux considers a path a loop.
const maxLinks = 40

// CheckWay walks down an absolute path to the open file or directory, like the system, and Judges
// every directory on the path, through all links. The error matches [trust.ErrExchanged] if the
// path now leads elsewhere.
func (a Account) CheckWay(open fs.FileInfo, path string) error {
	at, rest := "/", path // what has been walked, without links, and what hasn't
	var parent fs.FileMode
	for links := 0; ; {
		fi, err := os.Lstat(at)
		if errors.Is(err, fs.ErrNotExist) {
			return exchanged(path)
		}
		if err != nil {
			return err
		}
		if fi.Mode()&fs.ModeSymlink != 0 {
			if parent&fs.ModeSticky != 0 { // as in /tmp: only its owner can exchange it
				if err := a.Judge(entry(at, fi)); err != nil {
					return err
				}
			}
			target, err := os.Readlink(at)
			if links++; err != nil || links > maxLinks {
				return exchanged(path)
			}
			if at, rest = filepath.Dir(at), target+"/"+rest; filepath.IsAbs(target) {
				at = "/"
			}
			continue
		}
		if fi.IsDir() {
			if err := a.Judge(entry(at, fi)); err != nil {
				return err
			}
			parent = fi.Mode()
		}
		name, more, _ := strings.Cut(strings.TrimLeft(rest, "/"), "/")
		switch {
		case name == "" && os.SameFile(fi, open):
			return nil
		case name == "" || !fi.IsDir():
			return exchanged(path)
		}
		at, rest = filepath.Join(at, name), more
	}
}

// exchanged returns the error for a path that no longer leads to the open file.
func exchanged(name string) error { return fmt.Errorf("%s was %w", name, trust.ErrExchanged) }
