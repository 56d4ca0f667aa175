package pathx

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
)

// EnsureDir makes sure that there is a directory of that name, and makes it and those
// above it as needed. If it is private, only this account can read and write it, and
// those who can do everything: root, or SYSTEM and the Administrators.
//
// A directory that is there already may have been put there by somebody who wants to
// choose what this process will find in it: in ProgramData and in /tmp everybody can
// make directories (CVE-2019-12572). So if it is to be private, or the process is
// privileged (see [Trust]), an existing one is refused with an [*UntrustedError] if
// others own it, could have written to it, or could exchange it. One that others can
// only read is closed to them if it is to be private; what they may have read, they
// have read.
//
// Something else of that name, or on the way, is syscall.ENOTDIR; a path that means
// something else on Windows, an [ErrName].
//
// A new directory gets mode 0700 or 0755, less the umask. On Windows it inherits its
// rights, unless it is private or the process is privileged: then the account, SYSTEM
// and the Administrators have full control, and Users may read if it isn't private.
func EnsureDir(dir string, private bool) error {
	err := checkOpenable(runtime.GOOS, dir)
	if err == nil {
		dir, err = workingPath(dir)
	}
	if err == nil {
		err = ensureDir(dir, private)
	}
	if err != nil {
		return fmt.Errorf("pathx: directory %s: %w%s", dir, err, remedy(filepath.Dir(dir), err))
	}
	return nil
}

func ensureDir(dir string, private bool) error {
	if err := makeAll(dir, private); err != nil {
		return err
	}
	if !private && !privileged() { // then it need not be readable
		fi, err := os.Stat(dir)
		if err == nil && !fi.IsDir() {
			err = syscall.ENOTDIR
		}
		return err
	}
	f, err := openFile(dir)
	if err != nil {
		return err
	}
	defer f.Close()
	fi, err := f.Stat()
	switch {
	case err != nil:
		return err
	case !fi.IsDir():
		return syscall.ENOTDIR
	}
	return secureDir(f, fi, dir, private)
}

// makeAll is os.MkdirAll with the system's rights for a new directory.
func makeAll(dir string, private bool) error {
	err := makeDir(dir, private)
	if errors.Is(err, fs.ErrNotExist) && containing(dir) != dir {
		above := containing(dir)
		if err := makeAll(above, false); err != nil {
			return err
		}
		if err = makeDir(dir, private); errors.Is(err, fs.ErrNotExist) {
			if fi, statErr := os.Stat(above); statErr == nil && !fi.IsDir() {
				return syscall.ENOTDIR // Windows says that there is no such path
			}
		}
	}
	if err == nil || errors.Is(err, fs.ErrExist) {
		return nil
	}
	if fi, statErr := os.Stat(dir); statErr == nil && fi.IsDir() {
		return nil // C:\ and read-only file systems have other errors for what is there
	}
	return err
}
