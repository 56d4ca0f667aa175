package process

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/surefoot-go/surefoot/internal/testenv"
	"github.com/surefoot-go/surefoot/svcx/internal/spec"
	"golang.org/x/sys/unix"
)

// TestLogsOnFullDisk checks that a service starts and stops on a full disk, and that its output
// continues once there is space.
func TestLogsOnFullDisk(t *testing.T) {
	testenv.NeedRoot(t)
	if !testenv.InNetNS(t) {
		return
	}
	dir := testenv.SmallDisk(t, "size=128k")
	free := testenv.FillDisk(t, dir)

	s := &Program{Name: "x", LogDir: filepath.Join(dir, "logs")}
	var logs Logs
	logs.Redirect = func(*os.File) error { return nil }
	require.NoError(t, s.Prepare(t.Context(), &logs, s.OpenLogs(&logs, spec.Systemd), spec.Systemd), "the service runs")
	closeLogs(t, &logs)
	_, err := logs.output.WriteString("lost")
	require.ErrorIs(t, err, unix.ENOSPC, "who writes is told")
	logs.Crashed([]byte("lost"))

	free()
	_, err = logs.output.WriteString("kept")
	require.NoError(t, err)
	logs.Crashed([]byte("kept"))
	for _, name := range []string{"output.log", "crash.log"} {
		text, err := os.ReadFile(filepath.Join(s.LogDir, name))
		require.NoError(t, err)
		assert.Equal(t, "kept", string(text), name)
	}
}

// TestRotateOnFullDisk checks that a log that can't be copied remains unchanged.
func TestRotateOnFullDisk(t *testing.T) {
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

// TestClockJumps checks that time limits use the monotonic clock.
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
