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

// EnsureDir makes sure that the directory dir exists, creating it and its parents as needed. If
// private is true, only this account and the administrative accounts (root, or SYSTEM and the
// Administrators) can read and write it.
//
// An existing directory may have been planted by an account that wants to control what this process
// finds in it: any account can create directories in ProgramData and in /tmp (CVE-2019-12572). So
// if private is true or the process is privileged (see [Trust]), EnsureDir returns an
// [*UntrustedError] for an existing directory that others own, could have written to, or could
// replace. If private is true and others can only read the directory, EnsureDir revokes their
// access; they may have read its contents before.
//
// If dir or one of its parents exists but is not a directory, the error matches syscall.ENOTDIR. If
// the path has a special meaning on Windows, it matches [ErrName].
//
// A new directory gets mode 0700 or 0755, before umask. On Windows it inherits its access control
// list, unless it is private or the process is privileged: then the account, SYSTEM and the
// Administrators have full control, and Users may read it if it isn't private.
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

// EnsureDirFor makes sure that the directory dir exists and that account can use it, creating it
// and its parents as needed. It is meant for installers, which run under a different account than
// the service. The account can read, write and delete files in the directory, and so can root, or
// SYSTEM and the Administrators. No other account can.
//
// On Unix, account is a user name or number known to id(1); it becomes the owner of the directory,
// which has mode 0700. Only root can change the owner. On Windows, account is the account name of a
// service: LocalSystem, LocalService, NetworkService, NT SERVICE\name (the service need not exist
// yet), DOMAIN\name$ for a group managed service account, DOMAIN\name, a bare name on this machine,
// or a SID. It gets the Modify right on the directory.
//
// EnsureDirFor returns an [*UntrustedError] for an existing directory that accounts other than this
// one and account own, could have written to, or could replace. If account does not exist, the
// error names it. Otherwise the errors are those of [EnsureDir].
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
	if !private && !privileged() { // the directory need not be readable
		fi, err := os.Stat(dir)
		if err == nil && !fi.IsDir() {
			err = syscall.ENOTDIR
		}
		return err
	}
	return withDir(dir, func(f *os.File, fi fs.FileInfo) error { return secureDir(f, fi, dir, private) })
}

// withDir opens a directory and calls do with it.
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
	return fmt.Errorf("there is no account %.100q on this machine (create it first, or correct the name): %w", account, err)
}

// makeAll creates a directory with make, and its parents with makeDir.
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
		return nil // for existing directories, C:\ and read-only file systems return other errors
	}
	return err
}
