package svcx

import "context"

// Upgrade replaces the registered program with the file executable, restarts the service and its
// dependents, and returns when the service has been ready for two seconds. If it does not become
// ready, Upgrade restores the old program, starts it, and returns an error that contains the new
// program's output. Upgrade also starts a stopped service, but returns an error for a disabled one.
// It kills the old program if that does not stop.
//
// Before replacing the program, Upgrade checks that the new program is for the same system and
// processor, that only administrators can change it if the service is fully privileged, and that it
// runs: Upgrade starts it once with the service's arguments and the environment variable
// SVCX_CHECK=1, which makes [Service.Run] return immediately. This executes the code before the
// call of Run, on Unix as the service's account. The new program gets the owner and mode of the old
// one, and on Linux its capabilities.
//
// The old program may be running. On Unix the file is a complete program at every moment. The same
// holds on Windows if the system can replace a running program in one step; if it can't, the file
// is missing between two renames. If Upgrade is killed, the next Install, Start, Restart or Upgrade
// cleans up: it keeps the new program if that is running, and otherwise restores the old one.
//
// Upgrade needs administrator rights and otherwise returns ErrAccessDenied. It also returns
// ErrNotInstalled and ErrForeign. If ctx is done before the service is ready, the old program is
// restored.
func (s *Service) Upgrade(ctx context.Context, executable string) error {
	return s.ask(ctx, "upgrade", executable)
}
