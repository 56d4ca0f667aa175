package svcx

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// launchd manages a service through launchctl(1).
type launchd struct {
	service *Service
	root    bool
	dir     string // where property lists lie
	domain  string // "system" or "gui/501"
	run     func(ctx context.Context, args ...string) (string, error)
	give    func(dir, account string) error // changes the owner
	getenv  func(string) string
}

func (m launchd) file() string { return filepath.Join(m.dir, m.service.Name+".plist") }

func (m launchd) target() string { return m.domain + "/" + m.service.Name }

func (m launchd) denied(op string) error {
	if m.root || m.service.User {
		return nil
	}
	return m.service.fail(op, ErrAccessDenied, nil, "run it as root")
}

func (m launchd) fail(op string, err error) error { return m.service.fail(op, nil, err, "") }

// loaded returns what launchd knows of the job, false if it knows none.
func (m launchd) loaded(ctx context.Context) (st Status, ok bool, err error) {
	out, err := m.run(ctx, "print", m.target())
	switch {
	case ctx.Err() != nil: // that it was not asked says nothing
		return Status{}, false, context.Cause(ctx)
	case err != nil:
		return Status{}, false, nil
	}
	return launchdStatus(out), true, nil
}

func (m launchd) install(ctx context.Context, exe string) (changed []string, err error) {
	const op = "install"
	s := m.service
	if err := m.denied(op); err != nil {
		return nil, err
	}
	plist, err := s.plist(exe, m.getenv)
	if err != nil {
		return nil, err
	}
	if s.allRights() {
		if err := checkTrust(exe); err != nil {
			return nil, m.fail(op, err)
		}
	}
	t := transaction{}
	defer func() { err = t.end(err) }()
	old, err := t.writeFile(m.file(), plist)
	if err != nil {
		return nil, m.fail(op, err)
	}
	logs := s.LogDir
	if logs == "" {
		logs = defaultLogDir(Launchd, s.Name, s.User, m.getenv)
	}
	if _, err := os.Lstat(logs); errors.Is(err, fs.ErrNotExist) {
		t.onUndo(func() error { return removeFile(logs) })
	}
	if err := m.makeLogDir(logs); err != nil {
		return nil, m.fail(op, err)
	}
	// launchd reads a list when it is loaded: a job that runs keeps the old one
	// until Restart.
	return changedLines(string(old), string(plist)), s.afterInstall(ctx)
}

// makeLogDir makes the directory of the standard output, which launchd does not
// make, and gives it to the service's account.
func (m launchd) makeLogDir(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	if m.service.Account == "" || m.service.User {
		return nil
	}
	return m.give(dir, m.service.Account)
}

func (m launchd) uninstall(ctx context.Context) error {
	const op = "uninstall"
	if _, err := m.status(ctx); err != nil {
		return err
	}
	if err := m.denied(op); err != nil {
		return err
	}
	_, ok, err := m.loaded(ctx)
	if err != nil {
		return m.fail(op, err)
	}
	if ok {
		if err := m.bootout(ctx, op); err != nil {
			return err
		}
	}
	if err := removeFile(m.file()); err != nil {
		return m.fail(op, err)
	}
	return nil
}

// bootout ends the job and waits until launchd has forgotten it.
func (m launchd) bootout(ctx context.Context, op string) error {
	if _, err := m.run(ctx, "bootout", m.target()); err != nil {
		if _, ok, _ := m.loaded(ctx); ok {
			return m.fail(op, err)
		}
	}
	for {
		_, ok, err := m.loaded(ctx)
		if err == nil && !ok {
			return nil
		}
		if err == nil {
			err = pause(ctx, pollEvery(0))
		}
		if err != nil {
			return m.service.fail(op, nil, err, "the service goes on stopping")
		}
	}
}

func (m launchd) start(ctx context.Context) error {
	const op = "start"
	if _, err := m.status(ctx); err != nil {
		return err
	}
	if err := m.denied(op); err != nil {
		return err
	}
	st, ok, err := m.loaded(ctx)
	if err != nil {
		return m.fail(op, err)
	}
	if ok && st.State == Running {
		return m.service.fail(op, ErrAlreadyRunning, nil, "")
	}
	if !ok {
		if _, err := m.run(ctx, "bootstrap", m.domain, m.file()); err != nil {
			return m.fail(op, err)
		}
	}
	if _, err := m.run(ctx, "kickstart", m.target()); err != nil {
		return m.service.fail(op, ErrStartFailed, err, "output.log says why")
	}
	return nil
}

func (m launchd) stop(ctx context.Context) error {
	const op = "stop"
	if _, err := m.status(ctx); err != nil {
		return err
	}
	if err := m.denied(op); err != nil {
		return err
	}
	_, ok, err := m.loaded(ctx)
	if err != nil {
		return m.fail(op, err)
	}
	if !ok {
		return m.service.fail(op, ErrNotRunning, nil, "")
	}
	return m.bootout(ctx, op)
}

func (m launchd) status(ctx context.Context) (Status, error) {
	const op = "status"
	plist, err := os.ReadFile(m.file())
	if errors.Is(err, fs.ErrNotExist) {
		return Status{}, m.service.fail(op, ErrNotInstalled, nil, "install it first")
	}
	if err != nil {
		return Status{}, m.fail(op, err)
	}
	st, ok, err := m.loaded(ctx)
	if err != nil {
		return Status{}, m.fail(op, err)
	}
	if !ok {
		st.State = Stopped
	}
	st.Start = launchdStart(string(plist))
	return st, nil
}

// launchdStatus reads what "launchctl print" says of a job. Its text is no
// interface (launchctl(1)), so what is missing is taken for a job that waits.
func launchdStatus(out string) (st Status) {
	st.State = Stopped
	for line := range strings.Lines(out) {
		if strings.HasPrefix(line, "\t\t") {
			continue // of an inner block
		}
		name, value, _ := strings.Cut(strings.TrimSpace(line), " = ")
		switch name {
		case "state":
			if value == "running" {
				st.State = Running
			}
		case "pid":
			st.PID, _ = strconv.Atoi(value)
		case "last exit code":
			number, _, _ := strings.Cut(value, ":") // "78: EX_CONFIG"
			st.ExitCode, _ = strconv.Atoi(number)
		}
	}
	return st
}

// launchdStart reads the start type from a property list of ours.
func launchdStart(plist string) StartType {
	is := func(key string) bool {
		_, rest, _ := strings.Cut(plist, "<key>"+key+"</key>")
		return strings.HasPrefix(strings.TrimSpace(rest), "<true/>")
	}
	switch {
	case is("Disabled"):
		return Disabled
	case is("RunAtLoad"):
		return Automatic
	}
	return Manual
}
