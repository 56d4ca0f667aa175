// Package upgrade replaces the program of a service by another one, so that there is a whole
// program under the name at every moment, also if the process is killed.
//
// Beside the program lie, while an upgrade is under way:
//
//	NAME.svcx-new    the new program; gone once it is in place. What it writes
//	                 while it is checked is in NAME.svcx-new.log
//	NAME.svcx-old    the old one; gone once the new one has proved itself. In
//	                 NAME.svcx-old.pid is the process that runs it
//	NAME.svcx-aside  on Windows, the old one while it still runs
//	NAME.svcx-lock   keeps other upgrades away
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
	output             string // what the staged program writes while it is checked
	pid                string // the old program's process
	unlock             func()
}

// Lock returns the files of a program and keeps other upgrades away, or returns ErrBusy. They are
// returned by value: so the program needs no description of their type.
func Lock(exe string) (f Files, err error) {
	f = filesOf(exe)
	f.unlock, err = lock(f.lockFile)
	return f, err
}

// filesOf names the files of a program. Windows runs no program without its extension.
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

// Unlock lets other upgrades begin.
func (f *Files) Unlock() { f.unlock() }

// Interrupted reports whether an upgrade of the program was begun and not ended.
func Interrupted(exe string) bool {
	f := filesOf(exe)
	return there(f.staged) || there(f.old) || there(f.aside) || there(f.output)
}

func there(name string) bool {
	_, err := os.Lstat(name)
	return err == nil
}

// Remember keeps which process runs the old program, 0 for none: until the service restarts, that
// it runs says nothing about the new one.
func (f *Files) Remember(pid int) error {
	to, err := os.OpenFile(f.pid, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = to.WriteString(strconv.Itoa(pid))
	return spec.Join(err, to.Close())
}

// IsOld reports whether the process is the one that Remember was given.
func (f *Files) IsOld(pid int) bool {
	return pid != 0 && spec.Written(f.pid, 0) == strconv.Itoa(pid)
}

// Recover ends an upgrade that was interrupted. A new program that runs has proved itself and
// stays. Otherwise the old one comes back.
func (f *Files) Recover(running bool) error {
	switch {
	case !there(f.exe) && there(f.old): // Windows, between two renames
		if err := os.Rename(f.old, f.exe); err != nil {
			return err
		}
	case there(f.staged): // the new one was not put in place
	case there(f.old) && !running:
		if err := f.Back(); err != nil {
			return err
		}
	}
	return f.Done()
}

// Stage copies a program beside the old one and makes it as executable as that.
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

// copyFile makes a copy of a file that is as accessible as the program, of which like tells.
func (f *Files) copyFile(name, from string, like fs.FileInfo) error {
	os.Remove(name) // of a former upgrade
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

// Swap puts the staged program in the place of the old one, which may be running.
func (f *Files) Swap() error {
	if err := f.keepOld(); err != nil {
		return err
	}
	return f.replace(f.staged)
}

// keepOld makes a second name for the old program, or a copy where there are no links.
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

// Back puts the old program back.
func (f *Files) Back() error { return f.replace(f.old) }

// Done removes what an upgrade leaves. The old program may run on for a moment.
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
