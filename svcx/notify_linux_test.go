package svcx

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/surefoot-go/surefoot/internal/testenv"
)

// TestNotifySocket runs a service under a real notification socket.
func TestNotifySocket(t *testing.T) {
	for kind, address := range map[string]string{
		"path":     filepath.Join(t.TempDir(), "notify"),
		"abstract": fmt.Sprintf("@svcx-test-%d", os.Getpid()),
	} {
		t.Run(kind, func(t *testing.T) {
			socket, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: address, Net: "unixgram"})
			require.NoError(t, err)
			defer socket.Close()
			receive := func() string {
				require.NoError(t, socket.SetReadDeadline(time.Now().Add(time.Minute)))
				buf := make([]byte, 4096)
				n, err := socket.Read(buf)
				require.NoError(t, err)
				return string(buf[:n])
			}
			dir := t.TempDir()
			cmd := testenv.Command(t, "unit", "feeding", dir)
			cmd.Env = append(cmd.Env, "NOTIFY_SOCKET="+address, "WATCHDOG_USEC=400000")
			require.NoError(t, cmd.Start())
			defer cmd.Process.Kill()

			assert.Equal(t, "STATUS=waiting for the test\nEXTEND_TIMEOUT_USEC=30000000", receive())
			leave(dir, "go", "")
			assert.Equal(t, "READY=1\nSTATUS=", receive())
			first := time.Now()
			for range 10 {
				assert.Equal(t, "WATCHDOG=1", receive(), "Main calls Alive all the time")
			}
			// On a busy machine the first messages can arrive late, so do not require a whole
			// second.
			assert.Greater(t, time.Since(first), 500*time.Millisecond, "but systemd is told every tenth of a second only")
			require.NoError(t, cmd.Process.Signal(syscall.SIGHUP))
			var got string
			for got = receive(); got == "WATCHDOG=1"; got = receive() {
			}
			assert.True(t, strings.HasPrefix(got, "RELOADING=1\nMONOTONIC_USEC="), got)
			for got = receive(); got == "WATCHDOG=1"; got = receive() {
			}
			assert.Equal(t, "READY=1", got)
			require.NoError(t, cmd.Process.Signal(syscall.SIGTERM))
			for got = receive(); got == "WATCHDOG=1"; got = receive() {
			}
			assert.Equal(t, "STOPPING=1", got)
			require.NoError(t, cmd.Wait())
			assert.Equal(t, ErrStopped.Error(), waitFile(t, dir, "cause"))
		})
	}
}

// TestNotifySocketAlone runs a service with NOTIFY_SOCKET but no other variable of systemd, as in a
// podman container.
func TestNotifySocketAlone(t *testing.T) {
	address := filepath.Join(t.TempDir(), "notify")
	socket, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: address, Net: "unixgram"})
	require.NoError(t, err)
	defer socket.Close()
	dir := t.TempDir()
	leave(dir, "go", "")
	cmd := testenv.Command(t, "console", "slow", dir)
	cmd.Env = append(cmd.Env, "NOTIFY_SOCKET="+address)
	require.NoError(t, cmd.Start())
	defer cmd.Process.Kill()
	require.NoError(t, socket.SetReadDeadline(time.Now().Add(time.Minute)))
	buf := make([]byte, 4096)
	for got := ""; !strings.HasPrefix(got, "READY=1"); {
		n, err := socket.Read(buf)
		require.NoError(t, err)
		got = string(buf[:n])
	}
	require.NoError(t, cmd.Process.Signal(syscall.SIGTERM))
	require.NoError(t, cmd.Wait())
	assert.Equal(t, ErrInterrupted.Error(), waitFile(t, dir, "cause"), "what has started it is another question")
}
