package svcx

import (
	"errors"
	"os"

	"github.com/surefoot-go/surefoot/svcx/internal/launchd"
	"github.com/surefoot-go/surefoot/svcx/internal/openrc"
	"github.com/surefoot-go/surefoot/svcx/internal/spec"
	"github.com/surefoot-go/surefoot/svcx/internal/systemd"
	"github.com/surefoot-go/surefoot/svcx/internal/winsvc"
)

// Render returns the registration that Install would make, for deployment by other means: a unit
// file for Systemd, a property list for Launchd, a script for OpenRC, and for SCM a JSON object
// with the command line, all settings (delays in milliseconds, the reset period in seconds) and the
// Windows calls in order. It does not contain the password. Render works on any system; set
// Executable to the program's path on the target machine. For Console the error matches
// errors.ErrUnsupported.
func (s *Service) Render(m Manager) ([]byte, error) {
	exe := s.Executable
	if exe == "" {
		var err error
		if exe, err = s.executable(); err != nil {
			return nil, err
		}
	}
	switch p := s.spec(exe); m {
	case Systemd:
		return systemd.Render(p)
	case Launchd:
		return launchd.Render(p, os.Getenv)
	case OpenRC:
		return openrc.Render(p)
	case SCM:
		return winsvc.Render(p)
	}
	return nil, spec.Errorf("svcx: rendering %s for a console: %w", s.Name, errors.ErrUnsupported)
}
