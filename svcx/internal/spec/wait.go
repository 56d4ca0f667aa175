package spec

import (
	"context"
	"time"
)

// PollEvery returns the interval at which to poll a service whose state should change: a tenth of
// its wait hint, as in Microsoft's sample "Starting a Service", but 20 to 250 ms.
func PollEvery(hint time.Duration) time.Duration {
	return min(max(hint/10, 20*time.Millisecond), 250*time.Millisecond)
}

// Pause waits for d. If ctx is done first, it returns the cause.
func Pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(d):
		return nil
	}
}
