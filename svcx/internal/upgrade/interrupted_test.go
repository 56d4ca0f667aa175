package upgrade

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/surefoot-go/surefoot/svcx/internal/spec"
)

// withPID is a manager that reports the service's process ID.
type withPID struct {
	*upgradeFake
	pid int
}

func (f *withPID) Status(ctx context.Context, s *spec.Spec) (spec.Status, error) {
	st, err := f.upgradeFake.Status(ctx, s)
	st.PID = f.pid
	return st, err
}

// TestKilledBeforeRestart checks that the new program has not proved itself as long as the old
// program's process is running.
func TestKilledBeforeRestart(t *testing.T) {
	for pid, want := range map[int]string{42: "old", 43: "bad"} {
		dir := t.TempDir()
		exe := script(t, dir, "old", "")
		f := &withPID{&upgradeFake{exe: exe, running: true}, 42}
		files, err := Lock(exe)
		require.NoError(t, err)
		require.NoError(t, files.Stage(script(t, dir, "bad", "")))
		require.NoError(t, files.Remember(42))
		require.NoError(t, files.Swap())
		files.Unlock()
		f.pid = pid
		require.NoError(t, Finish(t.Context(), f, upgradeSpec(exe)))
		text, err := os.ReadFile(exe)
		require.NoError(t, err)
		assert.True(t, strings.HasSuffix(string(text), "# "+want), "%d", pid)
		left, err := filepath.Glob(filepath.Join(dir, "*.svcx-*"))
		require.NoError(t, err)
		assert.Empty(t, left)
	}
}

// remembering is a manager that records which process is remembered when the service is restarted.
type remembering struct {
	*withPID
	seen string
}

func (f *remembering) Restart(ctx context.Context, s *spec.Spec) error {
	f.seen = spec.Written(filesOf(f.exe).pid, 0)
	f.pid++
	return f.withPID.Restart(ctx, s)
}

// TestRemembers checks that the old program's process is recorded before the service is restarted.
func TestRemembers(t *testing.T) {
	before := proveFor
	proveFor = 50 * time.Millisecond
	t.Cleanup(func() { proveFor = before })
	dir := t.TempDir()
	exe := script(t, dir, "old", "")
	f := &remembering{withPID: &withPID{&upgradeFake{exe: exe, running: true}, 42}}
	require.NoError(t, Program(t.Context(), f, upgradeSpec(exe), script(t, dir, "good", "")))
	assert.Equal(t, "42", f.seen)
}

// TestKilledAfterBack checks that the output file of the check is also removed.
func TestKilledAfterBack(t *testing.T) {
	dir := t.TempDir()
	exe := script(t, dir, "old", "")
	log := filesOf(exe).output
	require.NoError(t, os.WriteFile(log, nil, 0o600))
	require.NoError(t, Finish(t.Context(), &upgradeFake{exe: exe}, upgradeSpec(exe)))
	assert.NoFileExists(t, log)
}
