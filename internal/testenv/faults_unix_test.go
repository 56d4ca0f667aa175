//go:build unix

package testenv

import (
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestStarve(t *testing.T) {
	if !InOwnProcess(t) {
		return
	}
	leave := Starve(t)
	leave(0)
	_, err := os.Open(os.DevNull)
	require.ErrorIs(t, err, syscall.EMFILE)
	leave(1)
	f, err := os.Open(os.DevNull)
	require.NoError(t, err)
	_, err = os.Open(os.DevNull)
	require.ErrorIs(t, err, syscall.EMFILE)
	leave(-1)
	for range 10 {
		f, err := os.Open(os.DevNull)
		require.NoError(t, err)
		defer f.Close()
	}
	require.NoError(t, f.Close())
}

func TestJumpClock(t *testing.T) {
	if !InOwnProcess(t) {
		return
	}
	begin := time.Now()
	for _, d := range []time.Duration{365 * 24 * time.Hour, -2 * 365 * 24 * time.Hour, 365 * 24 * time.Hour} {
		before := time.Now()
		JumpClock(t, d)
		now := time.Now()
		assert.WithinDuration(t, before.Round(0).Add(d), now.Round(0), time.Minute, "the time of day")
		assert.WithinDuration(t, before, now, time.Minute, "the monotonic clock")
	}
	assert.WithinDuration(t, begin.Round(0), time.Now().Round(0), time.Minute, "and back")
}
