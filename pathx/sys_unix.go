//go:build unix

package pathx

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"time"

	"golang.org/x/sys/unix"

	"github.com/surefoot-go/surefoot/internal/unixsec"
)

// openFile opens path for reading. O_NONBLOCK keeps a FIFO from blocking the search; O_NOCTTY keeps
// a terminal from becoming the service's controlling terminal. The error is the bare errno, which
// saves an allocation.
//
// Most places of a search have no file. stat finds that out in two thirds of the time that open
// needs, which allocates a descriptor first.
func openFile(path string) (*os.File, error) {
	var st unix.Stat_t
	if err := unix.Stat(path, &st); err == unix.ENOENT {
		return nil, err
	}
	for {
		fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC|unix.O_NONBLOCK|unix.O_NOCTTY, 0)
		switch err {
		case nil:
			if _, err := unix.FcntlInt(uintptr(fd), unix.F_SETFL, 0); err != nil { // no O_NONBLOCK any longer
				unix.Close(fd)
				return nil, err
			}
			return os.NewFile(uintptr(fd), path), nil
		case unix.EINTR: // golang.org/issue/11180: slow file systems return it
		default:
			return nil, err
		}
	}
}

func isUnreachable(error) bool { return false }

// dupStdin returns a duplicate handle of the standard input.
func dupStdin() (*os.File, error) {
	fd, err := unix.FcntlInt(os.Stdin.Fd(), unix.F_DUPFD_CLOEXEC, 3)
	if err != nil {
		return nil, os.NewSyscallError("dup", err)
	}
	return os.NewFile(uintptr(fd), "-"), nil
}

// writerWait is how long waitForWriter waits for the writer of a named pipe.
const writerWait = 5 * time.Second

// waitForWriter waits until something has been written to a named pipe, or its writer has come and
// gone. The pipe was opened without waiting for one.
func waitForWriter(f *os.File) error {
	fds := []unix.PollFd{{Fd: int32(f.Fd()), Events: unix.POLLIN}}
	for end := time.Now().Add(writerWait); ; {
		n, err := unix.Poll(fds, int(time.Until(end).Milliseconds()))
		switch {
		case err == unix.EINTR && time.Now().Before(end):
		case err == nil && n == 0:
			return fmt.Errorf("%w: a pipe to which nothing was written for %v", ErrNotRegular, writerWait)
		default:
			return os.NewSyscallError("poll", err)
		}
	}
}

func eachConfigDir(app string, visit func(configDir)) {
	unixEnv{runtime.GOOS, os.Getenv}.configDirs(app, visit)
}

func dirsOf(app string) (Dirs, error) { return unixEnv{runtime.GOOS, os.Getenv}.dirs(app) }

func machineDirs(app string) (Dirs, error) {
	return unixEnv{runtime.GOOS, os.Getenv}.machineDirs(app), nil
}

func driveHint(path string) string { return "" }

func makeDir(dir string, private bool) error {
	if private {
		return os.Mkdir(dir, 0o700)
	}
	return os.Mkdir(dir, 0o755)
}

// secureDir returns an error for a directory that others may have put something into, and closes a
// private one to accounts that can only read it.
func secureDir(f *os.File, fi fs.FileInfo, dir string, private bool) error {
	err := checkDir(thisAccount(), fi, dir)
	if err != nil || !private || fi.Mode()&0o077 == 0 {
		return err
	}
	return f.Chmod(fi.Mode() &^ 0o077)
}

func checkDir(a unixsec.Account, fi fs.FileInfo, dir string) error {
	// Everyone can also write to a sticky directory such as /tmp.
	err := a.Judge(unixsec.Entry{Path: dir, UID: unixsec.Owner(fi), Mode: fi.Mode() &^ fs.ModeSticky})
	if err == nil {
		err = a.CheckWay(fi, dir)
	}
	return asUntrusted(err)
}

func ensureDirFor(dir, account string) error {
	uid, err := idOf(account, "-u")
	if err != nil {
		return err
	}
	gid, err := idOf(account, "-g")
	if err != nil {
		return err
	}
	if err := makeAll(dir, func() error { return makeDir(dir, true) }); err != nil {
		return err
	}
	return withDir(dir, func(f *os.File, fi fs.FileInfo) error {
		a := thisAccount()
		a.Also = append(a.Also, uint32(uid))
		if err := checkDir(a, fi, dir); err != nil {
			return err
		}
		if fi.Mode()&0o077 != 0 || fi.Mode()&0o700 != 0o700 {
			if err := f.Chmod(fi.Mode()&^0o077 | 0o700); err != nil {
				return err
			}
		}
		if unixsec.Owner(fi) == uint32(uid) {
			return nil
		}
		return f.Chown(uid, gid)
	})
}

// idOf returns the number of an account or of its primary group according to id(1).
func idOf(account, flag string) (int, error) {
	if account == "" || account[0] == '-' {
		return 0, errNoAccount(account, fs.ErrInvalid)
	}
	ids, err := unixsec.IDs(flag, account)
	if err != nil {
		return 0, errNoAccount(account, err)
	}
	return int(ids[0]), nil
}

func privileged() bool { return unix.Geteuid() == 0 }

func thisAccount() unixsec.Account { return unixsec.Account{UID: uint32(unix.Geteuid())} }

// checkHandle checks the open file alone.
func checkHandle(_ *os.File, fi fs.FileInfo, path string) error {
	return asUntrusted(thisAccount().CheckOpen(fi, path))
}

// checkTrust checks the open file and the directories leading to it.
func checkTrust(_ *os.File, fi fs.FileInfo, path string) error {
	a := thisAccount()
	err := a.CheckOpen(fi, path)
	if err == nil {
		err = a.CheckWay(fi, path)
	}
	return asUntrusted(err)
}

func troubleOf(err error) trouble {
	errno, _ := errors.AsType[unix.Errno](err)
	switch errno {
	case unix.ENOSPC, unix.EDQUOT:
		return diskFull
	case unix.EROFS:
		return readOnlyDisk
	case unix.EBUSY:
		return mountedFile
	case unix.EMFILE, unix.ENFILE:
		return noDescriptors
	}
	return noTrouble
}
