package process

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"time"

	"github.com/surefoot-go/surefoot/svcx/internal/spec"
)

const maxLog = 1 << 20 // output.log is rotated, a crash report cut, at this size

// Logs are the files of a managed service.
type Logs struct {
	crash    atomic.Pointer[os.File] // nil: not open; the supervisor reads it at any time
	output   *os.File
	Redirect func(output *os.File) error // makes the standard handles lead to that file; nil: they lead somewhere
}

// OpenLogs opens the service's files and returns the crash report that an earlier process left
// there. A service whose directory is full or denied should still run.
func (p *Program) OpenLogs(logs *Logs, under spec.Manager) (report []byte) {
	dir := cmp.Or(p.LogDir, DefaultLogDir(under, p.Name, p.User, os.Getenv))
	if dir == "" {
		return nil
	}
	report, err := logs.open(dir)
	// Where standard error leads somewhere, the trace is there: a directory that anyone can write
	// to would be a risk for nothing.
	if err != nil && logs.crash.Load() == nil && logs.Redirect != nil && p.SpareLogDir != nil {
		if dir, err := p.SpareLogDir(p.Name); err == nil {
			report, _ = logs.open(dir)
		}
	}
	if under == spec.Launchd || under == spec.OpenRC {
		rotateAlways(spec.Within(dir, "output.log")) // the manager opens it and lets it grow
	}
	return report
}

// Prepare makes a managed process fit for Main: files, working directory, and the report of an
// earlier crash.
func (p *Program) Prepare(ctx context.Context, logs *Logs, report []byte, under spec.Manager) error {
	if f := logs.crash.Load(); f != nil {
		debug.SetCrashOutput(f, debug.CrashOptions{}) // fails only where there are no handles left
	}
	if logs.output != nil {
		if err := logs.Redirect(logs.output); err != nil {
			return err
		}
		rotateAlways(logs.output.Name())
	}
	if len(report) > 0 && p.OnCrash != nil {
		p.OnCrash(ctx, report)
	}
	if dir := p.workDir(under); dir != "" {
		return os.Chdir(dir)
	}
	return nil
}

// workDir returns the directory to change to, or "". A unit or a plist that names no directory is
// left as it is.
func (p *Program) workDir(under spec.Manager) string {
	if p.Dir != "" || under != spec.SCM {
		return p.Dir
	}
	exe, _ := os.Executable()
	return exe[:strings.LastIndexByte(exe, '\\')+1]
}

// DefaultLogDir returns where a service's files lie, or "".
func DefaultLogDir(under spec.Manager, name string, user bool, getenv func(string) string) string {
	switch under {
	case spec.SCM:
		return cmp.Or(getenv("ProgramData"), `C:\ProgramData`) + `\` + name
	case spec.Systemd:
		dir, _, _ := strings.Cut(getenv("LOGS_DIRECTORY"), ":")
		return dir
	case spec.Launchd:
		if user {
			return getenv("HOME") + "/Library/Logs/" + name
		}
		return "/Library/Logs/" + name
	case spec.OpenRC:
		return "/var/log/" + name
	}
	return ""
}

// open opens the files in dir and returns the crash report that is there.
func (l *Logs) open(dir string) (report []byte, err error) {
	name := spec.Within(dir, "crash.log")
	f, err := openLog(name)
	if errors.Is(err, fs.ErrNotExist) {
		if err := os.MkdirAll(dir, 0o750); err != nil {
			return nil, err
		}
		f, err = openLog(name)
	}
	if err != nil {
		return nil, err
	}
	var head bytes.Buffer
	if _, err := head.ReadFrom(io.LimitReader(f, maxLog)); err != nil {
		return nil, spec.Join(err, f.Close())
	}
	report = head.Bytes()
	if len(report) > 0 { // keep it for people
		f.Close()
		os.Rename(name, spec.Within(dir, "crash.1.log")) // if it fails, it is told once more rather than lost
		if f, err = openLog(name); err != nil {
			return report, err
		}
	}
	l.crash.Store(f)
	if l.Redirect != nil {
		l.output, err = openLog(spec.Within(dir, "output.log"))
	}
	return report, err
}

var errNoFile = errors.New("svcx: it is not a regular file")

// openLog opens a file to write at its end. Anything else in its place would hold the service up (a
// pipe), or take its crashes to nowhere (a device).
func openLog(name string) (*os.File, error) {
	f, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_RDWR, 0o640)
	if err != nil {
		return nil, err
	}
	fi, err := f.Stat()
	if err == nil && !fi.Mode().IsRegular() {
		err = &fs.PathError{Op: "open", Path: name, Err: errNoFile}
	}
	if err != nil {
		return nil, spec.Join(err, f.Close())
	}
	return f, nil
}

// Crashed keeps the dump of a process that is about to end.
func (l *Logs) Crashed(dump []byte) {
	if f := l.crash.Load(); f != nil {
		f.Write(dump)
		f.Sync()
	}
}

// rotateAlways rotates a file once a minute, for as long as the process runs.
func rotateAlways(name string) {
	go func() {
		for ; ; time.Sleep(time.Minute) {
			rotate(name) // what fails now may succeed in a minute
		}
	}()
}

// rotate moves what is in a file that has grown too large to its neighbour name.1.log. It copies,
// since the file is open, here and in child processes; what is written between copy and cut is
// lost.
func rotate(name string) error {
	fi, err := os.Stat(name)
	if err != nil || fi.Size() <= maxLog {
		return err
	}
	from, err := os.Open(name)
	if err != nil {
		return err
	}
	err = copyTo(strings.TrimSuffix(name, ".log")+".1.log", from)
	from.Close()
	if err != nil {
		return err
	}
	empty, err := os.OpenFile(name, os.O_WRONLY|os.O_TRUNC, 0)
	if err != nil {
		return err
	}
	return empty.Close()
}

// copyTo leaves no half of a copy: a full disk needs none.
func copyTo(name string, from io.Reader) error {
	to, err := os.Create(name)
	if err != nil {
		return err
	}
	_, err = io.Copy(to, from)
	if err = spec.Join(err, to.Close()); err != nil {
		os.Remove(name)
	}
	return err
}
