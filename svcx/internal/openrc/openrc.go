// Package openrc registers services with OpenRC, the init system of Alpine and Gentoo Linux.
package openrc

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/surefoot-go/surefoot/svcx/internal/spec"
)

// Backend controls services through rc-service(8) and rc-update(8). Call Open first.
type Backend struct {
	root     bool
	scripts  string // the directory of the scripts
	runlevel string // the runlevel for services that start at boot
	state    string // OpenRC's state directory
	alive    func(pid int) bool
	signal   func(pid int, sig syscall.Signal) error
	run      func(ctx context.Context, program string, args ...string) (code int, out string, err error)
	write    spec.Writer
}

func (m *Backend) file(s *spec.Spec) string { return filepath.Join(m.scripts, s.Name) }

func (m *Backend) denied() error {
	if m.root {
		return nil
	}
	return spec.Fail(spec.ErrAccessDenied, nil, "run it as root")
}

// do runs a program of OpenRC and returns an error if its exit code is not 0.
func (m *Backend) do(ctx context.Context, program string, args ...string) error {
	code, out, err := m.run(ctx, program, args...)
	if err == nil && code != 0 {
		err = spec.Errorf("%s %s: exit code %d: %s", program, strings.Join(args, " "), code, strings.TrimSpace(out))
	}
	return err
}

// Install writes the script and adds it to the runlevel.
func (m *Backend) Install(ctx context.Context, s *spec.Spec) (changed []spec.Change, err error) {
	if err := m.denied(); err != nil {
		return nil, err
	}
	script, err := Render(s)
	if err != nil {
		return nil, err
	}
	if err := m.owned(s); err != nil {
		return nil, err
	}
	if err := s.CheckTrust(); err != nil {
		return nil, spec.Fail(nil, err, "")
	}
	undo := spec.Undo{}
	defer func() { err = undo.End(err) }()
	old, err := undo.WriteFile(m.write, m.file(s), script, 0o755)
	if err != nil {
		return nil, spec.Fail(nil, err, "")
	}
	if changed = spec.ChangedLines(string(old), string(script)); len(changed) > 0 {
		// Update the cache explicitly: OpenRC compares times in whole seconds and may miss the
		// change.
		if err := m.do(ctx, "rc-update", "--update"); err != nil {
			return nil, spec.Fail(nil, err, "")
		}
	}
	if enabled := m.enabled(s); s.StartType.AtBoot() != enabled {
		do, back, what := "add", "del", "enabled"
		if enabled {
			do, back, what = back, do, "disabled"
		}
		if err := m.do(ctx, "rc-update", do, s.Name, m.runlevel); err != nil {
			return nil, spec.Fail(nil, err, "")
		}
		undo.Add(func() error { return m.do(context.WithoutCancel(ctx), "rc-update", back, s.Name, m.runlevel) })
		changed = append(changed, what)
	}
	return changed, s.Installed(ctx)
}

// enabled reports whether the service starts at boot.
func (m *Backend) enabled(s *spec.Spec) bool {
	_, err := os.Lstat(filepath.Join(filepath.Dir(m.scripts), "runlevels", m.runlevel, s.Name))
	return err == nil
}

// Uninstall stops the service and removes its script.
func (m *Backend) Uninstall(ctx context.Context, s *spec.Spec) error {
	if _, err := m.read(s); err != nil {
		return err
	}
	if err := m.denied(); err != nil {
		return err
	}
	if err := m.owned(s); err != nil {
		return err
	}
	if err := m.Stop(ctx, s); err != nil && !errors.Is(err, spec.ErrNotRunning) {
		return err
	}
	links, _ := filepath.Glob(filepath.Join(filepath.Dir(m.scripts), "runlevels", "*", s.Name))
	for _, link := range links { // an administrator may have added it to other runlevels
		if err := m.do(ctx, "rc-update", "del", s.Name, filepath.Base(filepath.Dir(link))); err != nil {
			return spec.Fail(nil, err, "")
		}
	}
	if err := spec.RemoveFile(m.file(s)); err != nil {
		return spec.Fail(nil, err, "")
	}
	return nil
}

// Start starts the service. With OpenRC 0.60 or later it waits until the service is ready, with
// older versions until it is running.
func (m *Backend) Start(ctx context.Context, s *spec.Spec) error {
	st, err := m.Status(ctx, s)
	switch {
	case err != nil:
		return err
	case st.State == spec.Running:
		return spec.Fail(spec.ErrAlreadyRunning, nil, "")
	}
	if err := m.denied(); err != nil {
		return err
	}
	return m.begin(ctx, s, "start")
}

// settle is the time that a started service must keep running. patience is the time that it has to
// begin running.
var settle, patience = time.Second, 5 * time.Second

// settled waits until the service has run in the same process for settle. If the service keeps
// failing, its supervisor restarts it and the process changes.
func (m *Backend) settled(ctx context.Context, s *spec.Spec) error {
	pid, runs, since := 0, 0, time.Now()
	for {
		st, err := m.Status(ctx, s)
		if err != nil {
			return err
		}
		runsOn := st.State == spec.Running && st.PID == pid && runs > 0
		switch {
		case runsOn && time.Since(since) >= settle:
			return nil
		case runsOn:
		case st.State == spec.Running:
			pid, since = st.PID, time.Now()
			if runs++; runs > 3 { // the first may be left from the previous run
				return errors.New("it ends repeatedly")
			}
		case time.Since(since) > patience:
			return errors.New("it has ended")
		}
		if err := spec.Pause(ctx, spec.PollEvery(settle)); err != nil {
			return err
		}
	}
}

// Stop stops the service and the services that need it.
func (m *Backend) Stop(ctx context.Context, s *spec.Spec) error {
	st, err := m.Status(ctx, s)
	if err != nil {
		return err
	}
	if err := m.denied(); err != nil {
		return err
	}
	// OpenRC considers a crashed service started. dpkg's start-stop-daemon, which OpenRC uses on
	// Debian, fails to stop such a service.
	err = m.do(ctx, "rc-service", s.Name, "stop")
	if err != nil && st.State == spec.Stopped {
		err = m.do(ctx, "rc-service", s.Name, "zap")
	}
	if err != nil {
		if ctx.Err() != nil {
			return spec.Fail(nil, context.Cause(ctx), "the service continues to stop")
		}
		return spec.Fail(nil, err, "")
	}
	if st.State == spec.Stopped {
		return spec.Fail(spec.ErrNotRunning, nil, "")
	}
	return nil
}

// Restart restarts the service. OpenRC also restarts the services that it stopped because they need
// this one.
func (m *Backend) Restart(ctx context.Context, s *spec.Spec) error {
	if _, err := m.read(s); err != nil {
		return err
	}
	if err := m.denied(); err != nil {
		return err
	}
	m.addDependents(ctx, s)
	if err := m.begin(ctx, s, "restart"); err != nil {
		return err
	}
	for _, name := range s.Dependents {
		if m.started(name) {
			continue
		}
		if err := m.do(ctx, "rc-service", name, "start"); err != nil {
			return spec.Fail(nil, err, name+" depends on the service and was running")
		}
	}
	return nil
}

// addDependents adds the running services that need this one to s.Dependents.
func (m *Backend) addDependents(ctx context.Context, s *spec.Spec) {
	_, out, _ := m.run(ctx, "rc-service", s.Name, "needsme")
	for _, name := range strings.Fields(out) { // the output may contain warnings
		if m.started(name) && !slices.Contains(s.Dependents, name) {
			s.Dependents = append(s.Dependents, name)
		}
	}
}

// started reports whether OpenRC considers a service started.
func (m *Backend) started(name string) bool {
	_, err := os.Lstat(filepath.Join(m.state, "started", name))
	return err == nil
}

// Kill kills the service's process, but not its supervisor.
func (m *Backend) Kill(ctx context.Context, s *spec.Spec) error {
	st, err := m.Status(ctx, s)
	if err != nil || st.PID == 0 {
		return err
	}
	if err := m.signal(st.PID, syscall.SIGKILL); err != nil {
		return spec.Fail(nil, err, "")
	}
	return nil
}

// supervisor is the line in the script of a service that OpenRC restarts on failure.
const supervisor = "supervisor=supervise-daemon"

// Status returns the status of the service. OpenRC does not record exit codes.
func (m *Backend) Status(ctx context.Context, s *spec.Spec) (spec.Status, error) {
	text, err := m.read(s)
	if err != nil {
		return spec.Status{}, err
	}
	code, out, err := m.run(ctx, "rc-service", s.Name, "status")
	if err != nil {
		return spec.Status{}, spec.Fail(nil, err, "")
	}
	st := spec.Status{State: stateOf(code, out), Start: spec.Manual}
	switch {
	case m.enabled(s):
		st.Start = spec.Automatic
	case strings.Contains(text, mark) && strings.Contains(text, "is disabled\""):
		st.Start = spec.Disabled
	}
	supervised := strings.Contains(text, supervisor)
	if st.State != spec.Stopped {
		st.PID = m.pid(s, supervised)
	}
	switch {
	case st.State != spec.Running || st.PID != 0 && m.alive(st.PID):
	case supervised:
		st.State, st.PID = spec.StartPending, 0 // its supervisor will restart it
	case st.PID != 0:
		st.State, st.PID = spec.Stopped, 0 // ended, but perhaps not yet reaped by process 1
	}
	return st, nil
}

// Program returns the path of the registered program.
func (m *Backend) Program(_ context.Context, s *spec.Spec) (string, error) {
	text, err := m.read(s)
	if err != nil {
		return "", err
	}
	return programOf(text), m.owned(s)
}

// Logs copies output.log to w.
func (m *Backend) Logs(_ context.Context, s *spec.Spec, w io.Writer) error {
	return spec.CopyLogs(logDir(s), w)
}

// Watch returns a function that returns the output added to the service's logs since the call of
// Watch.
func (m *Backend) Watch(_ context.Context, s *spec.Spec) (written func() string) {
	return spec.WatchFiles(logDir(s))
}
