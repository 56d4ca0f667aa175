//go:build unix

package loop

import (
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/examples/dev/page"
)

// alive reports whether there is a process of that number. What has ended but not been waited for
// counts.
func alive(pid int) bool { return syscall.Kill(pid, 0) == nil }

// A service that hangs is seen to.
func TestHung(t *testing.T) {
	r := start(t, newModule(t), nil)
	svc := r.awaitState("alpha", page.Healthy)
	require.NoError(t, syscall.Kill(svc.PID, syscall.SIGSTOP))
	defer syscall.Kill(svc.PID, syscall.SIGCONT)
	assert.Contains(t, r.awaitState("alpha", page.Unhealthy).Reason, "no answer within a second")
	require.NoError(t, syscall.Kill(svc.PID, syscall.SIGCONT))
	r.awaitState("alpha", page.Healthy)
}

// Killed from outside, it is seen and started again.
func TestKilled(t *testing.T) {
	r := start(t, newModule(t), nil)
	svc := r.awaitState("alpha", page.Healthy)
	require.NoError(t, syscall.Kill(svc.PID, syscall.SIGKILL))
	assert.Contains(t, r.awaitState("alpha", page.Crashed).Reason, "signal: killed")
	r.awaitState("alpha", page.Healthy)
}
