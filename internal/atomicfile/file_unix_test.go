//go:build unix

package atomicfile

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// 9p, drvfs and vfat have the modes of their mount options, and refuse every chmod.
func TestWriteWhereModesAreFixed(t *testing.T) {
	saved := chmod
	t.Cleanup(func() { chmod = saved })
	chmod = func(*os.File, os.FileMode) error { return syscall.EPERM }
	path := filepath.Join(t.TempDir(), file)
	require.NoError(t, os.WriteFile(path, []byte("old"), 0o600))
	require.NoError(t, Write(filepath.Dir(path), file, []byte("new"), 0o600))
	got, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, "new", string(got))

	require.NoError(t, os.Chmod(path, 0o644))
	require.ErrorIs(t, Write(filepath.Dir(path), file, []byte("newer"), 0o600), syscall.EPERM, "a mode that is lost is an error")
}
