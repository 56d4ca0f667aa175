package svcx

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestProcessEndsInStart checks that waiting for a start ends when the process has died.
func TestProcessEndsInStart(t *testing.T) {
	s, _ := installHelper(t, "dies")
	err := s.Start(t.Context())
	require.ErrorIs(t, err, ErrStartFailed)
	assert.NotContains(t, err.Error(), "no progress")
	require.ErrorIs(t, s.Start(t.Context()), ErrStartFailed, "once more")
	require.ErrorIs(t, s.Stop(t.Context()), ErrNotRunning)
}

// TestUpgradeToOneThatEnds upgrades to a program whose process simply exits.
func TestUpgradeToOneThatEnds(t *testing.T) {
	s, dir := installHelper(t, "slow")
	require.NoError(t, s.Uninstall(t.Context()))
	leave(dir, "go", "")
	program := mustRead(t, s.mustExecutable(t))
	s.Executable = filepath.Join(dir, "orders.exe")
	require.NoError(t, os.WriteFile(s.Executable, program, 0o755))
	require.NoError(t, s.Install(t.Context()))
	require.NoError(t, s.Start(t.Context()))
	bad := filepath.Join(dir, "bad.exe")
	require.NoError(t, os.WriteFile(bad, append(bytes.Clone(program), "bad"...), 0o755))
	leave(dir, "upgrade-fails", "")
	leave(dir, "upgrade-dies", "")
	err := s.Upgrade(t.Context(), bad)
	require.ErrorContains(t, err, "the old program runs again")
	assert.ErrorContains(t, err, "exit code")
	assert.Equal(t, Running, state(t, s).State)
	assert.Len(t, mustRead(t, s.Executable), len(program))
	require.NoError(t, s.Stop(t.Context()))
}
