//go:build unix

package pathx

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

func privileged() bool { return unix.Geteuid() == 0 }

func driveHint(path string) string { return "" }

func eachConfigDir(app string, visit func(configDir)) {
	unixEnv{runtime.GOOS, os.Getenv}.configDirs(app, visit)
}

func dirsOf(app string) (Dirs, error) { return unixEnv{runtime.GOOS, os.Getenv}.dirs(app) }

// openFile opens path for reading. O_NONBLOCK: a FIFO must not hold the search up.
// The error is the bare number, without the path and an allocation.
func openFile(path string) (*os.File, error) {
	for {
		fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
		switch err {
		case nil:
			if err := unix.SetNonblock(fd, false); err != nil {
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

// errSwapped says that the path no longer leads to the file that is open.
func errSwapped(path string) error {
	return fmt.Errorf("%w: %s was exchanged while it was checked", ErrUntrusted, path)
}
