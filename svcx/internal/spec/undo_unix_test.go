//go:build unix

package spec

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/internal/atomicfile"
)

// TestUndoWriteFile checks that a unit or script gets the mode that its manager needs, regardless
// of the old file's mode, and that the next install removes the files left by one that was killed.
func TestUndoWriteFile(t *testing.T) {
	name := filepath.Join(t.TempDir(), "init.d", "orders")
	undo := Undo{}
	old, err := undo.WriteFile(atomicfile.Replace, name, []byte("one"), 0o755)
	require.NoError(t, err)
	assert.Empty(t, old)
	require.NoError(t, os.Chmod(name, 0o600))
	killed := filepath.Join(filepath.Dir(name), ".orders.pathx-0")
	require.NoError(t, os.WriteFile(killed, []byte("tw"), 0o600))

	again := Undo{}
	old, err = again.WriteFile(atomicfile.Replace, name, []byte("two"), 0o755)
	require.NoError(t, err)
	assert.Equal(t, "one", string(old))
	assert.NoFileExists(t, killed)
	fi, err := os.Stat(name)
	require.NoError(t, err)
	assert.EqualValues(t, 0o755, fi.Mode().Perm())

	failed := errors.New("the manager refused it")
	require.ErrorIs(t, again.End(failed), failed)
	content, err := os.ReadFile(name)
	require.NoError(t, err)
	assert.Equal(t, "one", string(content))
	require.ErrorIs(t, undo.End(failed), failed)
	assert.NoFileExists(t, name)
}

func TestUndoWriteFileOnFullDisk(t *testing.T) {
	name := filepath.Join(t.TempDir(), "orders")
	require.NoError(t, os.WriteFile(name, []byte("one"), 0o644))
	saved := atomicfile.SyncFile
	t.Cleanup(func() { atomicfile.SyncFile = saved })
	atomicfile.SyncFile = func(*os.File) error { return errors.New("no space left") }
	undo := Undo{}
	_, err := undo.WriteFile(atomicfile.Replace, name, []byte("two"), 0o644)
	require.ErrorContains(t, err, name)
	require.ErrorContains(t, err, "no space left")
	content, err := os.ReadFile(name)
	require.NoError(t, err)
	assert.Equal(t, "one", string(content))
}
