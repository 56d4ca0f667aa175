//go:build !windows

package svcx

import (
	"context"
	"errors"
	"runtime"
)

func (s *Service) unsupported(op string) error {
	return s.fail(op, errors.ErrUnsupported, nil, "no service manager is known on "+runtime.GOOS)
}

func (s *Service) install(context.Context, string) ([]string, error) {
	return nil, s.unsupported("install")
}
func (s *Service) uninstall(context.Context) error { return s.unsupported("uninstall") }
func (s *Service) startNow(context.Context) error  { return s.unsupported("start") }
func (s *Service) stopNow(context.Context) error   { return s.unsupported("stop") }
func (s *Service) status(context.Context) (Status, error) {
	return Status{}, s.unsupported("status")
}
