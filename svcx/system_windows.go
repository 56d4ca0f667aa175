package svcx

import (
	"context"
	"errors"

	"github.com/surefoot-go/surefoot/svcx/internal/spec"
	"github.com/surefoot-go/surefoot/svcx/internal/supervisor"
	"github.com/surefoot-go/surefoot/svcx/internal/winsvc"
)

func openBackend(user bool) (spec.Backend, error) {
	if user {
		return nil, spec.Fail(errors.ErrUnsupported, nil, "Windows does not support user services: leave Service.User unset")
	}
	return &winsvc.Backend{}, nil
}

func under() spec.Manager { return (&winsvc.Program{}).Under() }

func (s *Service) runHere(ctx context.Context, c *supervisor.Config) error {
	p := &winsvc.Program{Program: s.program()}
	if Under() == SCM {
		if connected, err := p.Run(ctx, c); connected {
			return err
		}
	}
	return p.Program.Run(ctx, spec.Console, ErrInterrupted, c)
}
