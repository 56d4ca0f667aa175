// Package launchd registers services with launchd on macOS.
package launchd

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/surefoot-go/surefoot/svcx/internal/process"
	"github.com/surefoot-go/surefoot/svcx/internal/spec"
)

// Backend controls services through launchctl(1). Call Open first.
type Backend struct {
	root   bool
	user   bool
	dir    string // the directory of the property lists
	domain string // "system" or "gui/501"
	run    func(ctx context.Context, args ...string) (string, error)
	give   func(dir, account string) error // changes the owner of dir
	getenv func(string) string
	write  spec.Writer
}

// Exit codes of launchctl (launchctl error N names them).
const (
	codeIO         = 5   // EIO: also while launchd is still removing the job, and for a disabled job
	codeBegun      = 36  // EINPROGRESS: bootout has asked the job to stop, and does not wait
	codeInProgress = 37  // the job is already being started
	codeNoDomain   = 125 // the domain does not support that action: no one is logged in at the screen
)

// retryFor limits the retries of a command that launchd temporarily rejects after a bootout.
var retryFor = 10 * time.Second

func (m *Backend) file(s *spec.Spec) string { return filepath.Join(m.dir, s.Name+".plist") }

func (m *Backend) target(s *spec.Spec) string { return m.domain + "/" + s.Name }

func (m *Backend) denied() error {
	if m.root || m.user {
		return nil
	}
	return spec.Fail(spec.ErrAccessDenied, nil, "run it as root")
}

// exitCode returns the exit code of launchctl, or 0 if err has none.
func exitCode(err error) int {
	if e, ok := errors.AsType[interface {
		error
		ExitCode() int
	}](err); ok {
		return e.ExitCode()
	}
	return 0
}

// fail returns the error of a launchctl command, with advice.
func (m *Backend) fail(s *spec.Spec, err error) error {
	hint := ""
	switch exitCode(err) {
	case codeNoDomain:
		hint = "an agent needs a session at the screen, which ssh is not: log in there, where it starts by itself, or install it without Service.User"
	case codeIO:
		hint = "launchctl enable " + m.target(s) + " allows a disabled job; plutil -lint " + m.file(s) + " checks its file"
	}
	return spec.Fail(nil, err, hint)
}

// loaded returns the status of the job, and whether launchd has loaded it.
func (m *Backend) loaded(ctx context.Context, s *spec.Spec) (st spec.Status, ok bool, err error) {
	out, err := m.run(ctx, "print", m.target(s))
	switch {
	case ctx.Err() != nil: // launchctl did not run, so its error says nothing about the job
		return spec.Status{}, false, context.Cause(ctx)
	case err != nil:
		return spec.Status{}, false, nil
	}
	return statusOf(out), true, nil
}

// logDir returns the directory of the service's standard output.
func (m *Backend) logDir(s *spec.Spec) string {
	if s.LogDir != "" {
		return s.LogDir
	}
	return process.DefaultLogDir(spec.Launchd, s.Name, s.User, m.getenv)
}

// Install writes the job's property list. launchd reads the list when it loads the job, so a
// running job keeps the old settings until Restart.
func (m *Backend) Install(ctx context.Context, s *spec.Spec) (changed []spec.Change, err error) {
	if err := m.denied(); err != nil {
		return nil, err
	}
	plist, err := Render(s, m.getenv)
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
	old, err := undo.WriteFile(m.write, m.file(s), plist, 0o644)
	if err != nil {
		return nil, spec.Fail(nil, err, "")
	}
	logs := m.logDir(s)
	if _, err := os.Lstat(logs); errors.Is(err, fs.ErrNotExist) {
		undo.Add(func() error { return spec.RemoveFile(logs) })
	}
	if err := m.makeLogDir(s, logs); err != nil {
		return nil, spec.Fail(nil, err, "")
	}
	return spec.ChangedLines(string(old), string(plist)), s.Installed(ctx)
}

// Program returns the path of the registered program.
func (m *Backend) Program(_ context.Context, s *spec.Spec) (string, error) {
	text, err := os.ReadFile(m.file(s))
	if errors.Is(err, fs.ErrNotExist) {
		return "", spec.Fail(spec.ErrNotInstalled, nil, "install it first")
	}
	if err != nil {
		return "", spec.Fail(nil, err, "")
	}
	return textAfter(string(text), "ProgramArguments"), m.owned(s)
}

// Kill kills the job's process.
func (m *Backend) Kill(ctx context.Context, s *spec.Spec) error {
	if _, err := m.run(ctx, "kill", "KILL", m.target(s)); err != nil {
		return m.fail(s, err)
	}
	return nil
}

// Watch returns a function that returns the output added to the job's logs since the call of Watch.
func (m *Backend) Watch(_ context.Context, s *spec.Spec) (written func() string) {
	return spec.WatchFiles(m.logDir(s))
}

// makeLogDir creates the directory of the standard output, because launchd does not, and makes the
// service's account its owner.
func (m *Backend) makeLogDir(s *spec.Spec, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	if s.Account == "" || s.User {
		return nil
	}
	return m.give(dir, s.Account)
}

// Uninstall stops the job and removes its property list.
func (m *Backend) Uninstall(ctx context.Context, s *spec.Spec) error {
	if _, err := m.Status(ctx, s); err != nil {
		return err
	}
	if err := m.denied(); err != nil {
		return err
	}
	if err := m.owned(s); err != nil {
		return err
	}
	_, ok, err := m.loaded(ctx, s)
	if err != nil {
		return spec.Fail(nil, err, "")
	}
	if ok {
		if err := m.bootout(ctx, s); err != nil {
			return err
		}
	}
	if err := spec.RemoveFile(m.file(s)); err != nil {
		return spec.Fail(nil, err, "")
	}
	return nil
}

// bootout unloads the job and waits until launchd has removed it.
func (m *Backend) bootout(ctx context.Context, s *spec.Spec) error {
	_, refused := m.run(ctx, "bootout", m.target(s))
	retry := time.Now().Add(retryFor)
	limit := retry.Add(s.StopTimeout + spec.StopMargin)
	for {
		_, ok, err := m.loaded(ctx, s)
		if err == nil && !ok {
			return nil
		}
		switch code := exitCode(refused); {
		case err != nil || refused == nil || code == codeBegun || code == codeInProgress:
		case code == codeIO && time.Now().Before(retry):
			_, refused = m.run(ctx, "bootout", m.target(s))
		default:
			return m.fail(s, refused)
		}
		if err == nil && time.Now().After(limit) {
			err = errors.New("launchd has not ended it")
		}
		if err == nil {
			err = spec.Pause(ctx, spec.PollEvery(0))
		}
		if err != nil {
			return spec.Fail(nil, err, "the service continues to stop")
		}
	}
}

// Start loads the job if necessary, and starts it. launchd does not support readiness.
func (m *Backend) Start(ctx context.Context, s *spec.Spec) error {
	if _, err := m.Status(ctx, s); err != nil {
		return err
	}
	if err := m.denied(); err != nil {
		return err
	}
	st, ok, err := m.loaded(ctx, s)
	if err != nil {
		return spec.Fail(nil, err, "")
	}
	if ok && st.State == spec.Running {
		return spec.Fail(spec.ErrAlreadyRunning, nil, "")
	}
	if !ok {
		if err := m.bootstrap(ctx, s); err != nil {
			return err
		}
	}
	return m.kickstart(ctx, s)
}

// bootstrap loads the job. It retries, because for some seconds after a bootout has returned,
// launchd may fail with code 5 or 37.
func (m *Backend) bootstrap(ctx context.Context, s *spec.Spec) error {
	for limit := time.Now().Add(retryFor); ; {
		_, err := m.run(ctx, "bootstrap", m.domain, m.file(s))
		if err == nil {
			return nil
		}
		if code := exitCode(err); code != codeIO && code != codeInProgress || time.Now().After(limit) {
			return m.fail(s, err)
		}
		if _, ok, _ := m.loaded(ctx, s); ok {
			return nil
		}
		if err := spec.Pause(ctx, spec.PollEvery(time.Second)); err != nil {
			return spec.Fail(nil, err, "")
		}
	}
}

// kickstart starts the job. A job with RunAtLoad may already be starting.
func (m *Backend) kickstart(ctx context.Context, s *spec.Spec) error {
	for limit := time.Now().Add(retryFor); ; {
		_, err := m.run(ctx, "kickstart", m.target(s))
		if err == nil {
			return nil
		}
		st, _, _ := m.loaded(ctx, s)
		if exitCode(err) == codeInProgress && st.State == spec.Running {
			return nil
		}
		if exitCode(err) == codeNoDomain {
			return m.fail(s, err)
		}
		if exitCode(err) != codeInProgress || time.Now().After(limit) {
			return spec.Fail(spec.ErrStartFailed, err, filepath.Join(m.logDir(s), "output.log")+" says why")
		}
		if err := spec.Pause(ctx, spec.PollEvery(time.Second)); err != nil {
			return spec.Fail(nil, err, "the service continues to start")
		}
	}
}

// Stop unloads the job, because launchd would restart a loaded job with KeepAlive.
func (m *Backend) Stop(ctx context.Context, s *spec.Spec) error {
	if _, err := m.Status(ctx, s); err != nil {
		return err
	}
	if err := m.denied(); err != nil {
		return err
	}
	_, ok, err := m.loaded(ctx, s)
	if err != nil {
		return spec.Fail(nil, err, "")
	}
	if !ok {
		return spec.Fail(spec.ErrNotRunning, nil, "")
	}
	return m.bootout(ctx, s)
}

// Restart unloads and reloads the job, so that launchd reads a changed property list.
func (m *Backend) Restart(ctx context.Context, s *spec.Spec) error {
	if err := m.Stop(ctx, s); err != nil && !errors.Is(err, spec.ErrNotRunning) {
		return err
	}
	return m.Start(ctx, s)
}

// Status returns the status of the job. A job that is not loaded is stopped.
func (m *Backend) Status(ctx context.Context, s *spec.Spec) (spec.Status, error) {
	plist, err := os.ReadFile(m.file(s))
	if errors.Is(err, fs.ErrNotExist) {
		return spec.Status{}, spec.Fail(spec.ErrNotInstalled, nil, "install it first")
	}
	if err != nil {
		return spec.Status{}, spec.Fail(nil, err, "")
	}
	st, ok, err := m.loaded(ctx, s)
	if err != nil {
		return spec.Status{}, spec.Fail(nil, err, "")
	}
	if !ok {
		st.State = spec.Stopped
	}
	st.Start = startTypeOf(string(plist))
	return st, nil
}

// Logs copies output.log to w.
func (m *Backend) Logs(_ context.Context, s *spec.Spec, w io.Writer) error {
	return spec.CopyLogs(m.logDir(s), w)
}
