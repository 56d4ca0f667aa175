//go:build !windows && !linux && !darwin

package svcx

import (
	"errors"
	"runtime"
)

func (s *Service) registrar(op string) (registrar, error) {
	return nil, s.fail(op, errors.ErrUnsupported, nil, "svcx knows no service manager on "+runtime.GOOS+": start the program by the system's own means")
}
