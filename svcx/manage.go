package svcx

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// Install registers the service, or makes one that is registered what it should
// be. It does not start or restart it: use Start, Restart. When it fails,
// it undoes what it did.
//
// A program that would run as LocalSystem or root is refused if another account,
// be it one user, could change it or exchange a directory or link on its way. The
// error names the account and the command that takes the right away.
//
// It needs an administrator's rights (root's, unless User is set):
// ErrAccessDenied. ErrMarkedForDelete: Windows still removes the last one.
// Where there is neither an SCM nor systemd nor launchd, the error is
// errors.ErrUnsupported.
func (s *Service) Install(ctx context.Context) error {
	_, err := s.Converge(ctx)
	return err
}

// Converge is Install, and says in a line each what it changed; nothing, if the
// service was as it should be.
func (s *Service) Converge(ctx context.Context) (changed []string, err error) {
	exe, err := s.executable()
	if err != nil {
		return nil, err
	}
	m, err := s.registrar("install")
	if err != nil {
		return nil, err
	}
	return m.install(ctx, exe)
}

// Uninstall stops the service and, on Windows, those that depend on it, and
// removes it; its logs and data stay. It returns when it is gone: ErrNotInstalled, ErrAccessDenied,
// ErrMarkedForDelete.
func (s *Service) Uninstall(ctx context.Context) error {
	m, err := s.registrar("uninstall")
	if err != nil {
		return err
	}
	if s.OnUninstall != nil {
		if err := s.OnUninstall(ctx); err != nil {
			return fmt.Errorf("svcx: uninstall %s: OnUninstall: %w", s.Name, err)
		}
	}
	return m.uninstall(ctx)
}

// Start starts the service and returns when it is ready. ErrStartFailed: it
// ended instead; ErrAlreadyRunning, ErrNotInstalled, ErrAccessDenied. When ctx
// ends first, the service goes on starting.
func (s *Service) Start(ctx context.Context) error {
	m, err := s.registrar("start")
	if err != nil {
		return err
	}
	return m.start(ctx)
}

// Stop stops the service, on Windows after those that depend on it, and returns
// when it has stopped: ErrNotRunning, ErrNotInstalled, ErrAccessDenied. When
// ctx ends first, the service goes on stopping.
func (s *Service) Stop(ctx context.Context) error {
	m, err := s.registrar("stop")
	if err != nil {
		return err
	}
	return m.stop(ctx)
}

// Restart stops the service, if it runs, and starts it.
func (s *Service) Restart(ctx context.Context) error {
	if err := s.Stop(ctx); err != nil && !errors.Is(err, ErrNotRunning) {
		return err
	}
	return s.Start(ctx)
}

// Status returns what the manager knows of the service; it needs no rights.
// ErrNotInstalled.
func (s *Service) Status(ctx context.Context) (Status, error) {
	m, err := s.registrar("status")
	if err != nil {
		return Status{}, err
	}
	return m.status(ctx)
}

// registrar is the manager that services are registered with. Each system's
// Service.registrar(op) returns its own, or why there is none for op.
type registrar interface {
	install(ctx context.Context, exe string) (changed []string, err error)
	uninstall(context.Context) error
	start(context.Context) error
	stop(context.Context) error
	status(context.Context) (Status, error)
}

// executable returns the program's full path.
func (s *Service) executable() (string, error) {
	exe := s.Executable
	if exe == "" {
		var err error
		if exe, err = os.Executable(); err != nil {
			return "", fmt.Errorf("svcx: %s: the executable's path: %w", s.Name, err)
		}
	}
	return filepath.Abs(exe)
}

// fail returns the error of an operation on the service, nil for nil.
func (s *Service) fail(op string, kind, err error, hint string) error {
	return &Error{Op: op, Service: s.Name, Kind: kind, Hint: hint, Err: err}
}

// pollEvery is how often a service is looked at that should change its state:
// a tenth of its hint, as the sample "Starting a Service" does it, but soon.
func pollEvery(hint time.Duration) time.Duration {
	return min(max(hint/10, 20*time.Millisecond), 250*time.Millisecond)
}

// pause waits for d or for ctx.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-t.C:
		return nil
	}
}
