// Package upgrade replaces the program of a service. A complete program exists under its name at
// every moment, even if the process is killed.
//
// During an upgrade, these files are beside the program:
//
//	NAME.svcx-new    the new program, until it is in place. Its output during
//	                 the check is in NAME.svcx-new.log
//	NAME.svcx-old    the old program, until the new one has proved itself.
//	                 NAME.svcx-old.pid holds the ID of its process
//	NAME.svcx-aside  on Windows, the old program while it is still running
//	NAME.svcx-lock   locks out other upgrades
package upgrade

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/surefoot-go/surefoot/svcx/internal/spec"
)

// ErrBusy is returned by Lock while another process upgrades the program.
var ErrBusy = errors.New("another process upgrades it")

// Files are the files of one program's upgrade.
type Files struct {
	exe                string
	staged, old, aside string
	lockFile           string
	output             string // the output of the staged program during the check
	pid                string // file with the ID of the old program's process
	unlock             func()
}

// Lock locks out other upgrades of a program and returns its files, or returns ErrBusy. It returns
// Files by value, so that the linker can omit their type information.
func Lock(exe string) (f Files, err error) {
	f = filesOf(exe)
	f.unlock, err = lock(f.lockFile)
	return f, err
}

// filesOf returns the files of a program. It keeps the extension .exe, which Windows requires.
func filesOf(exe string) Files {
	ext := filepath.Ext(exe)
	if !strings.EqualFold(ext, ".exe") {
		ext = ""
	}
	start := strings.TrimSuffix(exe, ext) + ".svcx-"
	f := Files{exe: exe, staged: start + "new" + ext, old: start + "old" + ext, aside: start + "aside" + ext, lockFile: start + "lock" + ext}
	f.output, f.pid = f.staged+".log", f.old+".pid"
	return f
}

// Unlock allows other upgrades to begin.
func (f *Files) Unlock() { f.unlock() }

// Interrupted reports whether an upgrade of the program was begun but not completed.
func Interrupted(exe string) bool {
	f := filesOf(exe)
	return there(f.staged) || there(f.old) || there(f.aside) || there(f.output)
}

func there(name string) bool {
	_, err := os.Lstat(name)
	return err == nil
}

// Remember records the process that runs the old program, or 0 if there is none. As long as that
// process is running, the state of the service says nothing about the new program.
func (f *Files) Remember(pid int) error {
	to, err := os.OpenFile(f.pid, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = to.WriteString(strconv.Itoa(pid))
	return spec.Join(err, to.Close())
}

// IsOld reports whether pid is the process recorded by Remember.
func (f *Files) IsOld(pid int) bool {
	return pid != 0 && spec.Written(f.pid, 0) == strconv.Itoa(pid)
}

// Recover completes or reverts an interrupted upgrade. If the new program is running, it has proved
// itself and is kept. Otherwise the old program is restored.
func (f *Files) Recover(running bool) error {
	switch {
	case !there(f.exe) && there(f.old): // Windows: interrupted between two renames
		if err := os.Rename(f.old, f.exe); err != nil {
			return err
		}
	case there(f.staged): // the new program was not put in place
	case there(f.old) && !running:
		if err := f.Back(); err != nil {
			return err
		}
	}
	return f.Done()
}

// Stage copies a program to a file beside the old one and gives it the same access rights.
func (f *Files) Stage(program string) error {
	fi, err := os.Stat(program)
	if err != nil {
		return err
	}
	was, err := os.Stat(f.exe)
	if err != nil {
		return err
	}
	switch {
	case !fi.Mode().IsRegular():
		err = spec.Errorf("upgrade %s: it is not a regular file", program)
	case os.SameFile(fi, was):
		err = spec.Errorf("upgrade %s: it is the program that is installed", program)
	default:
		err = checkHeader(f.exe, program)
	}
	if err != nil {
		return err
	}
	return f.copyFile(f.staged, program, was)
}

// copyFile copies a file and gives the copy the same access rights as the program, whose FileInfo
// is like.
func (f *Files) copyFile(name, from string, like fs.FileInfo) error {
	os.Remove(name) // left by an earlier upgrade
	to, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o700)
	if err != nil {
		return err
	}
	err = spec.Join(spec.CopyFile(to, from), own(to, f.exe, like), to.Sync(), to.Close())
	if err != nil {
		os.Remove(name)
	}
	return err
}

// Swap replaces the old program, which may be running, with the staged one.
func (f *Files) Swap() error {
	if err := f.keepOld(); err != nil {
		return err
	}
	return f.replace(f.staged)
}

// keepOld creates a hard link to the old program, or a copy if links are not supported.
func (f *Files) keepOld() error {
	os.Remove(f.old)
	if link(f.exe, f.old) == nil {
		return nil
	}
	fi, err := os.Stat(f.exe)
	if err != nil {
		return err
	}
	return f.copyFile(f.old, f.exe, fi)
}

// Back restores the old program.
func (f *Files) Back() error { return f.replace(f.old) }

// Done removes the files of an upgrade, except those that are in use: the old program may still be
// running for a moment.
func (f *Files) Done() error {
	for _, name := range [...]string{f.output, f.pid, f.old, f.aside, f.staged} {
		if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) && !inUse(err) {
			return err
		}
	}
	return nil
}

// checkHeader returns an error if program can't run where exe does.
func checkHeader(exe, program string) error {
	is, err := formatOf(exe)
	if err != nil {
		return err
	}
	now, err := formatOf(program)
	if err != nil {
		return err
	}
	if is != now && is != "" {
		if now == "" {
			now = "not a program of this system"
		}
		return spec.Errorf("upgrade %s: it is %s, and the installed one is %s", program, now, is)
	}
	return nil
}
