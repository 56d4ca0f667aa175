package svcx

import (
	"context"
	"os"

	"github.com/surefoot-go/surefoot/svcx/internal/spec"
	"github.com/surefoot-go/surefoot/svcx/internal/upgrade"
)

// Install registers the service, or brings its registration up to date. It does not start or
// restart it: use [Service.Start], [Service.Restart]. When it fails, it undoes what it did.
//
// A program that would run as LocalSystem or root is refused if another account, be it one user,
// could change it or exchange a directory or link on its way. The error names the account and the
// command that takes the right away.
//
// It needs an administrator's rights (root's, unless User is set): ErrAccessDenied. ErrForeign: the
// name is that of another program's service, which is left alone. ErrMarkedForDelete: Windows still
// removes the last one. Where no manager is known, the error is errors.ErrUnsupported.
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
	if err := upgrade.Finish(ctx, b, p); err != nil {
		return nil, s.fail("install", err)
	}
	changed, err = b.Install(ctx, p)
	return changed, s.fail("install", err)
}

// Uninstall stops the service and, on Windows, those that depend on it, and removes it; its logs
// and data stay. It returns when the service is gone. Its errors are ErrNotInstalled,
// ErrAccessDenied, ErrForeign and ErrMarkedForDelete.
func (s *Service) Uninstall(ctx context.Context) error {
	b, p, err := s.backend("uninstall")
	if err != nil {
		return err
	}
	if s.OnUninstall != nil {
		if err := s.OnUninstall(ctx); err != nil {
			return spec.Errorf("svcx: uninstall %s: OnUninstall: %w", s.Name, err)
		}
	}
	return s.fail("uninstall", b.Uninstall(ctx, p))
}

// Start starts the service and returns when it is ready. ErrStartFailed: it ended instead;
// ErrAlreadyRunning, ErrNotInstalled, ErrAccessDenied. When ctx ends first, the service goes on
// starting. On Windows, Start gives up on a start that is not over after StartTimeout and a margin,
// or after five minutes.
func (s *Service) Start(ctx context.Context) error {
	b, p, err := s.backend("start")
	if err != nil {
		return err
	}
	if err := upgrade.Finish(ctx, b, p); err != nil {
		return s.fail("start", err)
	}
	return s.fail("start", b.Start(ctx, p))
}

// Stop stops the service, on Windows after those that depend on it, and returns when it has
// stopped: ErrNotRunning, ErrNotInstalled, ErrAccessDenied. When ctx ends first, the service goes
// on stopping.
func (s *Service) Stop(ctx context.Context) error {
	b, p, err := s.backend("stop")
	if err != nil {
		return err
	}
	return s.fail("stop", b.Stop(ctx, p))
}

// Restart stops the service, if it runs, and starts it. Services that depend on it and were running
// run again afterwards.
func (s *Service) Restart(ctx context.Context) error {
	b, p, err := s.backend("restart")
	if err != nil {
		return err
	}
	if err := upgrade.Finish(ctx, b, p); err != nil {
		return s.fail("restart", err)
	}
	return s.fail("restart", b.Restart(ctx, p))
}

// Status returns what the manager knows of the service; it needs no rights. ErrNotInstalled.
func (s *Service) Status(ctx context.Context) (Status, error) {
	b, p, err := s.backend("status")
	if err != nil {
		return Status{}, err
	}
	st, err := b.Status(ctx, p)
	return Status{State(st.State), st.PID, st.ExitCode, StartType(st.Start)}, s.fail("status", err)
}

// backend returns this machine's manager and the service as it is to be registered there.
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
