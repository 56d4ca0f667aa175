package openrc

import (
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAlive(t *testing.T) {
	assert.True(t, alive(os.Getpid()))
	assert.False(t, alive(1<<30))
	cmd := exec.Command("sh", "-c", "read x")
	in, err := cmd.StdinPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	assert.True(t, alive(cmd.Process.Pid))
	require.NoError(t, in.Close())
	assert.Eventually(t, func() bool { return !alive(cmd.Process.Pid) }, 10*time.Second, time.Millisecond, "it has ended, but was not waited for")
	cmd.Wait()
}
