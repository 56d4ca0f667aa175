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

const maxLog = 1 << 20 // size in bytes at which output.log is rotated and a crash report is truncated

// Logs are the files of a managed service.
type Logs struct {
	crash    atomic.Pointer[os.File] // nil if not open; may be loaded at any time by the supervisor
	output   *os.File
	Redirect func(output *os.File) error // redirects the standard handles to output; nil if they are already usable
}

// OpenLogs opens the service's log files and returns the crash report left by an earlier process.
// It returns no error, since a service should still run if its log directory is full or
// inaccessible.
func (p *Program) OpenLogs(logs *Logs, under spec.Manager) (report []byte) {
	dir := cmp.Or(p.LogDir, DefaultLogDir(under, p.Name, p.User, os.Getenv))
	if dir == "" {
		return nil
	}
	report, err := logs.open(dir)
	// If standard error is usable, the trace goes there, so logging to a directory that anyone can
	// write to would be a needless risk.
	if err != nil && logs.crash.Load() == nil && logs.Redirect != nil && p.SpareLogDir != nil {
		if dir, err := p.SpareLogDir(p.Name); err == nil {
			report, _ = logs.open(dir)
		}
	}
	if under == spec.Launchd || under == spec.OpenRC {
		rotateAlways(spec.Within(dir, "output.log")) // the manager opens this file and never rotates it
	}
	return report
}

// Prepare prepares a managed process for Main: it sets the crash output and the working directory,
// and calls OnCrash with the report of an earlier crash.
func (p *Program) Prepare(ctx context.Context, logs *Logs, report []byte, under spec.Manager) error {
	if f := logs.crash.Load(); f != nil {
		debug.SetCrashOutput(f, debug.CrashOptions{}) // fails only if no file handles are left
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

// workDir returns the directory to change to, or "" to keep the one set by a unit or plist.
func (p *Program) workDir(under spec.Manager) string {
	if p.Dir != "" || under != spec.SCM {
		return p.Dir
	}
	exe, _ := os.Executable()
	return exe[:strings.LastIndexByte(exe, '\\')+1]
}

// DefaultLogDir returns the default directory of a service's log files, or "".
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

// open opens the log files in dir and returns the crash report found there.
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
	if len(report) > 0 { // keep it for the user
		f.Close()
		os.Rename(name, spec.Within(dir, "crash.1.log")) // if this fails, the report is delivered again rather than lost
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

// openLog opens a regular file for appending. It rejects anything else under that name: a pipe
// could block the service, and a device could discard its crash reports.
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

// Crashed writes dump to crash.log. The process is about to exit.
func (l *Logs) Crashed(dump []byte) {
	if f := l.crash.Load(); f != nil {
		f.Write(dump)
		f.Sync()
	}
}

// rotateAlways checks once a minute whether to rotate a file, as long as the process runs.
func rotateAlways(name string) {
	go func() {
		for ; ; time.Sleep(time.Minute) {
			rotate(name) // on failure, try again in a minute
		}
	}()
}

// rotate moves the contents of a file larger than maxLog to a file NAME.1.log beside it. It copies
// and then truncates the file, which stays open in this process and its children; output written
// between the two steps is lost.
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

// copyTo copies from to a file. If that fails, it removes the incomplete copy, since the disk may
// be full.
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
