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

// On 9p, drvfs and vfat, modes are mount options, and every chmod fails.
func TestWriteWithFixedModes(t *testing.T) {
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

// With Write, a unit file created by an unprivileged account would still belong to it.
func TestWriteFresh(t *testing.T) {
	umask := syscall.Umask(0o077)
	t.Cleanup(func() { syscall.Umask(umask) })
	path := filepath.Join(t.TempDir(), file)
	require.NoError(t, WriteFresh(filepath.Dir(path), file, []byte("one"), 0o644))
	owner := func() (uint32, os.FileMode) {
		fi, err := os.Stat(path)
		require.NoError(t, err)
		return fi.Sys().(*syscall.Stat_t).Uid, fi.Mode().Perm()
	}
	_, mode := owner()
	assert.EqualValues(t, 0o644, mode, "whatever the umask")

	require.NoError(t, os.Chmod(path, 0o666))
	if os.Getuid() == 0 {
		require.NoError(t, os.Chown(path, 1000, 1000))
	}
	require.NoError(t, WriteFresh(filepath.Dir(path), file, []byte("two"), 0o755))
	uid, mode := owner()
	assert.EqualValues(t, os.Getuid(), uid)
	assert.EqualValues(t, 0o755, mode)
	requireOnly(t, filepath.Dir(path), file)
	require.ErrorIs(t, WriteFresh(filepath.Dir(filepath.Dir(path)), filepath.Base(filepath.Dir(path)), nil, 0o644), ErrDirectory)
}
