// Package temp manages the temporary folder of one run of dev. Programs can be run from it, no
// other run uses it, and it does not stay behind.
package temp

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"time"
)

const (
	prefix   = "surefoot-dev-"
	lockName = "lock"
)

// A Folder is a directory used only by this process.
type Folder struct {
	Dir  string
	lock *os.File
}

// New makes a folder where programs can be run: in os.TempDir, or else among the user's caches. It
// removes the folders of runs that were killed, with the processes that still run from there, and
// says so.
func New(say func(format string, args ...any)) (*Folder, error) {
	return newIn(places(), say)
}

func places() (dirs []string) {
	dirs = []string{os.TempDir()}
	if cache, err := os.UserCacheDir(); err == nil {
		dirs = append(dirs, cache)
	}
	return dirs
}

func newIn(dirs []string, say func(format string, args ...any)) (*Folder, error) {
	var problems error
	for _, dir := range dirs {
		f, err := try(dir, say)
		if err == nil {
			return f, nil
		}
		problems = errors.Join(problems, err)
	}
	return nil, fmt.Errorf("no folder to run programs from: set TMPDIR (Windows: TMP) to one: %w", problems)
}

func try(dir string, say func(format string, args ...any)) (*Folder, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	sweep(dir, say)
	own, err := os.MkdirTemp(dir, prefix)
	if err != nil {
		return nil, err
	}
	f := &Folder{Dir: own}
	if f.lock, err = takeLock(filepath.Join(own, lockName)); err != nil {
		return nil, errors.Join(err, os.RemoveAll(own))
	}
	if err := canRun(own); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: programs can't be run from there (noexec?): %w", dir, err), f.Remove())
	}
	return f, nil
}

// Remove removes the folder, with patience: for a moment after its end, Windows, or what scans for
// viruses there, still holds a program's file.
func (f *Folder) Remove() (err error) {
	if runtime.GOOS == "windows" {
		f.lock.Close() // else it could not be removed
	} else {
		defer f.lock.Close()
	}
	for end := time.Now().Add(5 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		if err = os.RemoveAll(f.Dir); err == nil || time.Now().After(end) {
			return err
		}
	}
}

// sweep removes the folders in dir that no process holds.
func sweep(dir string, say func(format string, args ...any)) {
	left, _ := filepath.Glob(filepath.Join(dir, prefix+"*"))
	for _, old := range left {
		info, err := os.Lstat(old)
		if err != nil || !info.IsDir() || !mine(info) {
			continue
		}
		if _, err := os.Stat(filepath.Join(old, lockName)); err != nil {
			continue // another run is making it, or has made it again after a cleaner took it
		}
		lock, err := takeLock(filepath.Join(old, lockName))
		if err != nil {
			continue // it is in use
		}
		for _, pid := range killFrom(old) {
			say("ended process %d, which a dev that was killed had left", pid)
		}
		if err := (&Folder{old, lock}).Remove(); err != nil {
			say("a dev that was killed left %s: %v", old, err)
			continue
		}
		say("removed %s, which a dev that was killed had left", old)
	}
}
