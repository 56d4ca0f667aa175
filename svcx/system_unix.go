//go:build unix

package svcx

import (
	"context"

	"github.com/surefoot-go/surefoot/svcx/internal/spec"
	"github.com/surefoot-go/surefoot/svcx/internal/supervisor"
)

func under() spec.Manager {
	p := (&Service{}).program()
	return p.Under()
}

func (s *Service) runHere(ctx context.Context, c *supervisor.Config) error {
	p := s.program()
	return p.Run(ctx, spec.Manager(Under()), ErrInterrupted, c)
}
