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

// EnsureDir makes sure that there is a directory of that name, and makes it and those above it as
// needed. If it is private, only this account can read and write it, and the all-powerful accounts:
// root, or SYSTEM and the Administrators.
//
// A directory that exists already may have been made by an account that wants to choose what this
// process will find in it: in ProgramData and in /tmp every account can make directories
// (CVE-2019-12572). So if it is to be private, or the process is privileged (see [Trust]), an
// existing one is refused with an [*UntrustedError] if others own it, could have written to it, or
// could exchange it. One that others can only read is closed to them if it is to be private; what
// they may have read, they have read.
//
// Something else of that name, or on the way, is syscall.ENOTDIR; a path that means something else
// on Windows, an [ErrName].
//
// A new directory gets mode 0700 or 0755, less the umask. On Windows it inherits its rights, unless
// it is private or the process is privileged: then the account, SYSTEM and the Administrators have
// full control, and Users may read if it isn't private.
func EnsureDir(dir string, private bool) error {
	err := checkOpenable(runtime.GOOS, dir)
	if err == nil {
		dir, err = workingPath(dir)
	}
	if err == nil {
		err = ensureDir(dir, private)
	}
	return dirError(dir, err)
}

// EnsureDirFor makes sure that there is a directory of that name which account can use, and makes
// it and those above it as needed: for installers, which run under another account than the
// service. The account can read, write and delete in it, and so can root, or SYSTEM and the
// Administrators. No other account can.
//
// On Unix the account is a user's name or number, as id(1) knows it, which owns the directory with
// mode 0700; only root can give a directory away. On Windows it is the name that a service has:
// LocalSystem, LocalService, NetworkService, NT SERVICE\name (whose service need not exist yet),
// DOMAIN\name$ of a group managed service account, DOMAIN\name, a bare name of this machine, or a
// SID; it gets the right to modify what is in the directory.
//
// A directory that is there already is refused with an [*UntrustedError] if others than this
// account and the other one own it, could have written to it, or could exchange it. An account that
// does not exist is an error that names it. Otherwise the errors are those of [EnsureDir].
func EnsureDirFor(dir, account string) error {
	err := checkOpenable(runtime.GOOS, dir)
	if err == nil {
		dir, err = workingPath(dir)
	}
	if err == nil {
		err = ensureDirFor(dir, account)
	}
	return dirError(dir, err)
}

func dirError(dir string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("pathx: directory %s: %w%s", dir, err, remedy(filepath.Dir(dir), err))
}

func ensureDir(dir string, private bool) error {
	if err := makeAll(dir, func() error { return makeDir(dir, private) }); err != nil {
		return err
	}
	if !private && !privileged() { // then it need not be readable
		fi, err := os.Stat(dir)
		if err == nil && !fi.IsDir() {
			err = syscall.ENOTDIR
		}
		return err
	}
	return withDir(dir, func(f *os.File, fi fs.FileInfo) error { return secureDir(f, fi, dir, private) })
}

// withDir calls do with a directory that is open.
func withDir(dir string, do func(*os.File, fs.FileInfo) error) error {
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
	return do(f, fi)
}

// errNoAccount is the error for an account that the system doesn't know.
func errNoAccount(account string, err error) error {
	return fmt.Errorf("there is no account %.100q on this machine (make it first, or correct the name): %w", account, err)
}

// makeAll makes a directory by make, and those above it by makeDir.
func makeAll(dir string, make func() error) error {
	err := make()
	if errors.Is(err, fs.ErrNotExist) && containing(dir) != dir {
		above := containing(dir)
		if err := makeAll(above, func() error { return makeDir(above, false) }); err != nil {
			return err
		}
		if err = make(); errors.Is(err, fs.ErrNotExist) {
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
