package svcx

import (
	"context"

	"github.com/surefoot-go/surefoot/svcx/internal/spec"
	"github.com/surefoot-go/surefoot/svcx/internal/upgrade"
)

// Upgrade puts the program in the file executable in the place of the registered one, restarts the
// service and what depends on it, and returns when the service is ready and has stayed so for two
// seconds. If it does not become ready, Upgrade puts the old program back, starts it, and returns
// an error that has what the new one wrote. A stopped service is started as well.
//
// Before that, Upgrade checks that the new program is for the same kind of system and processor,
// that for a service with all rights only administrators can change it, and that it runs: it is
// started once, with the service's arguments and the variable SVCX_CHECK=1, which makes
// [Service.Run] return at once. What the program does before it calls Run is done then.
//
// The old program may be running. At every moment a whole program is under its name, on Unix; on
// Windows it is so unless the program that runs can't be replaced in one step: then there is none
// between two renames. When Upgrade is killed, the next Install, Start, Restart or Upgrade cleans
// up: a new program that runs stays, otherwise the old one is put back.
//
// It needs an administrator's rights: ErrAccessDenied. ErrNotInstalled, ErrForeign. When ctx ends
// before the service is ready, the old program is put back.
func (s *Service) Upgrade(ctx context.Context, executable string) error {
	const op = "upgrade"
	b, p, err := s.backend(op)
	if err != nil {
		return err
	}
	executable, err = spec.Absolute(executable)
	if err != nil {
		return s.fail(op, spec.Fail(nil, err, ""))
	}
	return s.fail(op, upgrade.Program(ctx, b, p, executable))
}
