package svcx

import (
	"context"
	"errors"
	"os"

	"github.com/surefoot-go/surefoot/svcx/internal/spec"
	"github.com/surefoot-go/surefoot/svcx/internal/upgrade"
)

// Install registers the service, or brings its registration up to date. It does not start or
// restart the service: use [Service.Start] or [Service.Restart]. If Install fails, it undoes its
// changes.
//
// Install rejects a program that would run as LocalSystem or root if another account, even a single
// user, could modify the program or replace a directory or link on the path to it. The error names
// the account and a command that revokes its access.
//
// Install needs administrator rights (root, unless User is set) and otherwise returns
// ErrAccessDenied. It returns ErrForeign, without changing anything, if the name belongs to another
// program's service, and ErrMarkedForDelete if Windows is still removing a service of that name. If
// the system has no supported manager, the error matches errors.ErrUnsupported.
func (s *Service) Install(ctx context.Context) error {
	_, err := s.Converge(ctx)
	return err
}

// Converge is like Install but also returns a one-line description of each change, or nil if the
// service was already up to date.
func (s *Service) Converge(ctx context.Context) (changed []string, err error) {
	b, p, err := s.backend("install")
	if err != nil {
		return nil, err
	}
	if err := p.CheckPaths(); err != nil {
		return nil, err
	}
	err = upgrade.Finish(ctx, b, p)
	if err == nil {
		changed, err = b.Install(ctx, p)
	}
	return changed, s.fail("install", err)
}

// Uninstall stops and removes the service, but keeps its logs and data. On Windows it first stops
// the services that depend on it. Uninstall returns when the service is removed. It returns
// ErrNotInstalled, ErrAccessDenied, ErrForeign or ErrMarkedForDelete.
func (s *Service) Uninstall(ctx context.Context) error {
	return s.ask(ctx, "uninstall", "")
}

// Start starts the service and returns when it is ready. It returns ErrStartFailed if the service
// ended instead, or ErrAlreadyRunning, ErrNotInstalled or ErrAccessDenied. If ctx is done first,
// the service continues to start. On Windows, Start gives up 15 s after StartTimeout, or after five
// minutes if there is no StartTimeout.
func (s *Service) Start(ctx context.Context) error {
	return s.ask(ctx, "start", "")
}

// Stop stops the service and returns when it has stopped. On Windows it first stops the services
// that depend on it. Stop returns ErrNotRunning, ErrNotInstalled or ErrAccessDenied. If ctx is done
// first, the service continues to stop.
func (s *Service) Stop(ctx context.Context) error {
	return s.ask(ctx, "stop", "")
}

// Restart stops the service if it is running, and starts it. It also restarts the running services
// that depend on it.
func (s *Service) Restart(ctx context.Context) error {
	return s.ask(ctx, "restart", "")
}

// Status returns the status of the service as known to the manager. It needs no special rights. It
// returns ErrNotInstalled if the service is not installed.
func (s *Service) Status(ctx context.Context) (Status, error) {
	st, err := s.status(ctx)
	return Status{State(st.State), st.PID, st.ExitCode, StartType(st.Start)}, err
}

func (s *Service) status(ctx context.Context) (spec.Status, error) {
	b, p, err := s.backend("status")
	if err != nil {
		return spec.Status{}, err
	}
	st, err := b.Status(ctx, p)
	return st, s.fail("status", err)
}

// ask performs an operation that returns only an error. file is the new program for "upgrade".
func (s *Service) ask(ctx context.Context, op, file string) error {
	b, p, err := s.backend(op)
	if err != nil {
		return err
	}
	switch op {
	case "uninstall":
		if s.OnUninstall != nil {
			if _, err := b.Program(ctx, p); err != nil && !errors.Is(err, ErrNotInstalled) {
				return s.fail(op, err) // Uninstall must change nothing
			}
			if err := s.OnUninstall(ctx); err != nil {
				return spec.Errorf("svcx: uninstall %s: OnUninstall: %w", s.Name, err)
			}
		}
		err = b.Uninstall(ctx, p)
	case "start":
		if err = upgrade.Finish(ctx, b, p); err == nil {
			err = b.Start(ctx, p)
		}
	case "restart":
		if err = upgrade.Finish(ctx, b, p); err == nil {
			err = b.Restart(ctx, p)
		}
	case "stop":
		err = b.Stop(ctx, p)
	case "upgrade":
		err = upgrade.Program(ctx, b, p, file)
	}
	return s.fail(op, err)
}

// backend returns this machine's manager and the service to register there.
func (s *Service) backend(op string) (spec.Backend, *spec.Spec, error) {
	if err := spec.CheckName(s.Name); err != nil {
		return nil, nil, err
	}
	exe, err := s.executable()
	if err != nil {
		return nil, nil, err
	}
	b, err := openBackend(s.User)
	if err != nil {
		return nil, nil, s.fail(op, err)
	}
	return b, s.spec(exe), nil
}

// executable returns the program's full path.
func (s *Service) executable() (string, error) {
	exe := s.Executable
	if exe == "" {
		var err error
		if exe, err = os.Executable(); err != nil {
			return "", spec.Errorf("svcx: %s: the executable's path: %w", s.Name, err)
		}
	}
	return spec.Absolute(exe)
}
