package launchd

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestLaunchdRefuses covers the exit codes of bootout while the job is stopping, and of all
// commands if no user is logged in.
func TestLaunchdRefuses(t *testing.T) {
	if filepath.Separator != '/' {
		t.Skip("launchd's paths begin with a slash")
	}
	before := retryFor
	t.Cleanup(func() { retryFor = before })
	ctx := t.Context()
	f := &launchdFake{}
	m, s := newLaunchd(t, f)
	_, err := m.Install(ctx, s)
	require.NoError(t, err)
	for _, code := range []int{36, 37} { // the job was asked to stop, and stops a moment later
		f.loaded, f.running = true, true
		prints := 0
		m.run = func(ctx context.Context, args ...string) (string, error) {
			switch args[0] {
			case "bootout":
				return "", coded(code)
			case "print":
				if prints++; prints == 4 {
					f.loaded, f.running = false, false
				}
			}
			return f.run(ctx, args...)
		}
		require.NoError(t, m.Stop(ctx, s), "%d", code)
		assert.GreaterOrEqual(t, prints, 4)
	}
	f.loaded, f.running = true, true
	m.run = refusing(f, "bootout", 5, 2)
	require.NoError(t, m.Stop(ctx, s))
	f.loaded, f.running = true, true
	retryFor = 100 * time.Millisecond
	m.run = refusing(f, "bootout", 5, 1000)
	assert.ErrorContains(t, m.Stop(ctx, s), "launchctl enable gui/501/orders")
	for _, command := range []string{"bootout", "kickstart", "bootstrap"} {
		f.loaded, f.running = command != "bootstrap", command == "bootout"
		m.run = refusing(f, command, 125, 1000)
		err := m.Start(ctx, s)
		if command == "bootout" {
			err = m.Stop(ctx, s)
		}
		assert.ErrorContains(t, err, "an agent needs a session at the screen", command)
	}
}
