package winapi

import (
	"errors"
	"math/rand/v2"
	"time"
)

// SharingWait is how long to wait for a process that has the file open for itself.
const SharingWait = 500 * time.Millisecond

// RetrySharing calls f until it succeeds, fails with another error than those, or SharingWait is
// over. The pauses are short and random: there may be many who wait.
func RetrySharing(f func() error, passing ...error) error {
	var end time.Time
	for {
		err := f()
		if err == nil || !isOneOf(err, passing) {
			return err
		}
		now := time.Now()
		if end.IsZero() {
			end = now.Add(SharingWait)
		}
		if now.After(end) {
			return err
		}
		time.Sleep(rand.N(8 * time.Millisecond))
	}
}

func isOneOf(err error, set []error) bool {
	for _, e := range set {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}
