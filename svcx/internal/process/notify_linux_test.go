package process

import (
	"net"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestWatchdogFeeding calls Alive twice and then not for a while. Both calls must reach systemd,
// which counts from the last message that it receives.
func TestWatchdogFeeding(t *testing.T) {
	name := filepath.Join(t.TempDir(), "notify")
	socket, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: name, Net: "unixgram"})
	require.NoError(t, err)
	defer socket.Close()
	fed := (&notifier{socket: name, feed: 100 * time.Millisecond}).watchdog()
	begin := time.Now()
	for range 3 {
		fed()
	}
	require.NoError(t, socket.SetReadDeadline(begin.Add(30*time.Second)))
	buf := make([]byte, 64)
	for range 2 {
		n, err := socket.Read(buf)
		require.NoError(t, err)
		assert.Equal(t, "WATCHDOG=1", string(buf[:n]))
	}
	assert.GreaterOrEqual(t, time.Since(begin), 100*time.Millisecond, "but not more often than it wants them")
}
