//go:build unix

package svcx

import (
	"io/fs"
	"os"
	"path/filepath"

	"github.com/surefoot-go/surefoot/internal/shquote"
)

// checkTrust refuses a program that others than its owner could replace: it, or
// a directory above it, is writable by all or by a group.
func checkTrust(exe string) error {
	exe, err := filepath.EvalSymlinks(exe)
	if err != nil {
		return err
	}
	for path := exe; ; path = filepath.Dir(path) {
		fi, err := os.Stat(path)
		if err != nil {
			return err
		}
		sticky := fi.IsDir() && fi.Mode()&fs.ModeSticky != 0 // others can add files, but not replace one
		if fi.Mode().Perm()&0o022 != 0 && !sticky {
			return untrusted(path, "its group or all", "chmod go-w "+shquote.Quote(path))
		}
		if path == filepath.Dir(path) {
			return nil
		}
	}
}
