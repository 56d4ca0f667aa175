package svcx

import (
	"errors"
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
	"github.com/surefoot-go/surefoot/svcx/internal/spec"
)

// hungSocket returns a notification socket that is full and not read, as under a hung systemd. The
// messages that fill it are recognizable.
func hungSocket(t *testing.T) (path string, socket *net.UnixConn) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "notify")
	socket, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	require.NoError(t, err)
	t.Cleanup(func() { socket.Close() })
	full, err := syscall.Socket(syscall.AF_UNIX, syscall.SOCK_DGRAM|syscall.SOCK_NONBLOCK, 0)
	require.NoError(t, err)
	defer syscall.Close(full)
	for err == nil {
		err = syscall.Sendto(full, []byte("fill"), 0, &syscall.SockaddrUnix{Name: path})
	}
	require.ErrorIs(t, err, syscall.EAGAIN)
	return path, socket
}

// TestHungSystemd checks that a service starts and stops even if systemd reads nothing, and that it
// sends its state as soon as the socket is read again.
func TestHungSystemd(t *testing.T) {
	for name, awakes := range map[string]bool{"for good": false, "for a while": true} {
		t.Run(name, func(t *testing.T) {
			path, socket := hungSocket(t)
			dir := t.TempDir()
			var stderr testenv.Buffer
			cmd := testenv.Command(t, "unit", "feeding", dir)
			cmd.Env = append(cmd.Env, "NOTIFY_SOCKET="+path, "WATCHDOG_USEC=400000")
			cmd.Stderr = &stderr
			require.NoError(t, cmd.Start())
			defer cmd.Process.Kill()
			waitFile(t, dir, "started")
			leave(dir, "go", "")
			eventually(t, "a word about it", func() bool { return strings.Contains(stderr.String(), "does not read its socket") })
			for got := ""; awakes && !strings.HasPrefix(got, "READY=1"); {
				buf := make([]byte, 4096)
				require.NoError(t, socket.SetReadDeadline(time.Now().Add(time.Minute)))
				n, err := socket.Read(buf)
				require.NoError(t, err)
				got = string(buf[:n])
				require.NotContains(t, got, "STOPPING=1")
			}
			require.NoError(t, cmd.Process.Signal(syscall.SIGTERM))
			if awakes { // the service feeds the watchdog until it ends
				go func() {
					for buf := make([]byte, 4096); ; {
						if _, err := socket.Read(buf); errors.Is(err, net.ErrClosed) {
							return
						}
					}
				}()
			}
			require.NoError(t, cmd.Wait(), "%s", &stderr)
			assert.Equal(t, ErrStopped.Error(), waitFile(t, dir, "cause"))
		})
	}
}

// fullPipe returns a full pipe, like standard error under a hung journald.
func fullPipe(t *testing.T) *os.File {
	t.Helper()
	r, w, err := os.Pipe()
	require.NoError(t, err)
	t.Cleanup(func() { r.Close(); w.Close() })
	require.NoError(t, w.SetWriteDeadline(time.Now().Add(100*time.Millisecond)))
	for err == nil {
		_, err = w.Write(make([]byte, 1))
	}
	require.ErrorIs(t, err, os.ErrDeadlineExceeded)
	return w
}

// TestHungJournald checks that a service whose standard error is not read exits at its time limit,
// and that its stacks are in crash.log.
func TestHungJournald(t *testing.T) {
	dir := t.TempDir()
	cmd := testenv.Command(t, "unit", "hang", dir)
	cmd.Stderr = fullPipe(t)
	require.NoError(t, cmd.Start())
	defer cmd.Process.Kill()
	waitFile(t, dir, "started")
	require.NoError(t, cmd.Process.Signal(syscall.SIGTERM))
	require.Error(t, cmd.Wait())
	assert.Equal(t, spec.ExitHung, cmd.ProcessState.ExitCode())
	dump, err := os.ReadFile(filepath.Join(dir, "logs", "crash.log"))
	require.NoError(t, err)
	assert.Contains(t, string(dump), "did not return within 1s")
	assert.Contains(t, string(dump), "helperService", "the stack of the one that hangs")
}
