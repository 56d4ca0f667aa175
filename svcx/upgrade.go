package svcx

import "context"

// Upgrade replaces the registered program with the file executable, restarts the service and its
// dependents, and returns when the service has been ready for two seconds. If it does not become
// ready, Upgrade restores the old program, starts it, and returns an error that contains the new
// program's output. Upgrade also starts a stopped service, and rejects a disabled one. It kills an
// old program that does not stop.
//
// Before that, Upgrade checks that the new program is for the same system and processor, that only
// administrators can change it if the service is fully privileged, and that it runs: Upgrade starts
// it once with the service's arguments and the variable SVCX_CHECK=1, which makes [Service.Run]
// return at once. This executes the code before the call of Run, on Unix as the service's account.
// The new program gets the owner and mode of the old one, and on Linux its capabilities.
//
// The old program may be running. On Unix the file is a complete program at every moment. On
// Windows it is too, unless a running program can't be replaced in one step: then it is missing
// between two renames. If Upgrade is killed, the next Install, Start, Restart or Upgrade cleans up:
// it keeps the new program if that is running, and otherwise restores the old one.
//
// Upgrade needs administrator rights and otherwise returns ErrAccessDenied. Other errors are
// ErrNotInstalled and ErrForeign. If ctx ends before the service is ready, the old program is
// restored.
func (s *Service) Upgrade(ctx context.Context, executable string) error {
	return s.ask(ctx, "upgrade", executable)
}
