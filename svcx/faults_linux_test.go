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
	"golang.org/x/sys/unix"
)

// hungSocket is systemd's notification socket, full and not read. What has filled
// it says so.
func hungSocket(t *testing.T) (path string, socket *net.UnixConn) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "notify")
	socket, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	require.NoError(t, err)
	t.Cleanup(func() { socket.Close() })
	for err == nil {
		err = sendNotification(path, "fill", time.Microsecond)
	}
	require.ErrorIs(t, err, syscall.EAGAIN)
	require.ErrorContains(t, err, "systemctl status")
	return path, socket
}

// TestHungSystemd: a service under a systemd that reads nothing starts and ends all
// the same, and says what happened as soon as it is read.
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
			if awakes { // it feeds the watchdog until it ends
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

// fullPipe is what standard error is under a journald that hangs.
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

// TestHungJournald: a service whose standard error nobody reads ends when its time is
// up, and its stacks are in crash.log.
func TestHungJournald(t *testing.T) {
	dir := t.TempDir()
	cmd := testenv.Command(t, "unit", "hang", dir)
	cmd.Stderr = fullPipe(t)
	require.NoError(t, cmd.Start())
	defer cmd.Process.Kill()
	waitFile(t, dir, "started")
	require.NoError(t, cmd.Process.Signal(syscall.SIGTERM))
	require.Error(t, cmd.Wait())
	assert.Equal(t, exitHung, cmd.ProcessState.ExitCode())
	dump, err := os.ReadFile(filepath.Join(dir, "logs", "crash.log"))
	require.NoError(t, err)
	assert.Contains(t, string(dump), "did not return within 1s")
	assert.Contains(t, string(dump), "helperService", "the stack of the one that hangs")
}

// TestLogsOnAFullDisk: a service starts and ends on a disk without room, and its
// output goes on once there is some.
func TestLogsOnAFullDisk(t *testing.T) {
	testenv.NeedRoot(t)
	if !testenv.InNetNS(t) {
		return
	}
	dir := testenv.SmallDisk(t, "size=128k")
	free := testenv.FillDisk(t, dir)

	s := &Service{Name: "x", LogDir: filepath.Join(dir, "logs")}
	var logs logFiles
	logs.redirect = func(*os.File) error { return nil }
	require.NoError(t, s.prepare(t.Context(), &logs, s.openLogs(&logs, Systemd), Systemd), "the service runs")
	closeLogs(t, &logs)
	_, err := logs.output.WriteString("lost")
	require.ErrorIs(t, err, unix.ENOSPC, "who writes is told")
	logs.crashed([]byte("lost"))

	free()
	_, err = logs.output.WriteString("kept")
	require.NoError(t, err)
	logs.crashed([]byte("kept"))
	for _, name := range []string{"output.log", "crash.log"} {
		text, err := os.ReadFile(filepath.Join(s.LogDir, name))
		require.NoError(t, err)
		assert.Equal(t, "kept", string(text), name)
	}
}

// TestRotateOnAFullDisk: what can't be copied stays where it is.
func TestRotateOnAFullDisk(t *testing.T) {
	testenv.NeedRoot(t)
	if !testenv.InNetNS(t) {
		return
	}
	dir := testenv.SmallDisk(t, "size=2m")
	name := filepath.Join(dir, "output.log")
	text := strings.Repeat("0123456789abcde\n", maxLog/16+1024)
	require.NoError(t, os.WriteFile(name, []byte(text), 0o600))
	require.ErrorIs(t, rotate(name), unix.ENOSPC)
	got, err := os.ReadFile(name)
	require.NoError(t, err)
	assert.True(t, text == string(got), "all of it")
	assert.NoFileExists(t, filepath.Join(dir, "output.1.log"), "no half of it beside, on a disk that is full")
}

// TestClockJumps: a service's times are the monotonic clock's.
func TestClockJumps(t *testing.T) {
	if !testenv.InOwnProcess(t) {
		return
	}
	for _, d := range []time.Duration{365 * 24 * time.Hour, -2 * 365 * 24 * time.Hour} {
		n := &notifier{socket: filepath.Join(t.TempDir(), "none"), feed: time.Hour}
		fed := n.watchdog()
		fed()
		first := n.fed
		testenv.JumpClock(t, d)
		fed()
		assert.Equal(t, time.Hour, n.fed.Sub(first), "the next sign of life is due when it was")
	}
}
