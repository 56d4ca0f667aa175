package spec

import (
	"context"
	"time"
)

// PollEvery returns how often to look at a service whose state should change: at a tenth of its
// hint, as in the sample "Starting a Service", but soon.
func PollEvery(hint time.Duration) time.Duration {
	return min(max(hint/10, 20*time.Millisecond), 250*time.Millisecond)
}

// Pause waits for d or for ctx.
func Pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(d):
		return nil
	}
}
