//go:build unix

package pathx

import (
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/internal/testenv"
)

func modeOf(t *testing.T, path string) fs.FileMode {
	t.Helper()
	fi, err := os.Lstat(path)
	require.NoError(t, err)
	return fi.Mode()
}

func TestEnsureDirPrivate(t *testing.T) {
	top := openDir(t)
	dir := filepath.Join(top, "private")
	require.NoError(t, EnsureDir(dir, true))
	assert.Equal(t, fs.ModeDir|0o700, modeOf(t, dir))

	require.NoError(t, os.Chmod(dir, 0o755)) // read by others: closed
	require.NoError(t, EnsureDir(dir, true))
	assert.Equal(t, fs.ModeDir|0o700, modeOf(t, dir))

	for _, mode := range []fs.FileMode{0o770, 0o703, 0o777 | fs.ModeSticky} { // written by others: refused
		require.NoError(t, os.Chmod(dir, mode))
		err := EnsureDir(dir, true)
		var untrusted *UntrustedError
		require.ErrorAs(t, err, &untrusted, "%v", mode)
		assert.Equal(t, dir, untrusted.Path)
		assert.Equal(t, fs.ModeDir|mode, modeOf(t, dir), "refused, and left alone")
	}
	require.NoError(t, os.Chmod(dir, 0o700))
	require.NoError(t, os.Chmod(top, 0o777)) // exchanged by others: refused
	require.ErrorIs(t, EnsureDir(dir, true), ErrUntrusted)
}

func TestEnsureDirPrivileged(t *testing.T) {
	testenv.NeedRoot(t)
	dir := filepath.Join(openDir(t), "theirs")
	require.NoError(t, os.Mkdir(dir, 0o755))
	require.NoError(t, EnsureDir(dir, false))
	require.NoError(t, os.Chown(dir, nobody, nobody))
	for _, private := range []bool{false, true} {
		require.ErrorIs(t, EnsureDir(dir, private), ErrUntrusted)
	}
	link := filepath.Join(openDir(t), "link")
	require.NoError(t, os.Symlink(dir, link))
	require.ErrorIs(t, EnsureDir(link, false), ErrUntrusted)
}

func TestWriteFileKeepsTheMode(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, file)
	syscall.Umask(syscall.Umask(0o022)) // whatever it is
	require.NoError(t, WriteFile(path, nil, 0o600))
	assert.Equal(t, fs.FileMode(0o600), modeOf(t, path))
	for _, mode := range []fs.FileMode{0o640, 0o666, 0o400, 0o755 | fs.ModeSetuid} {
		require.NoError(t, os.Chmod(path, mode))
		require.NoError(t, WriteFile(path, []byte("new"), 0o644))
		assert.Equal(t, mode, modeOf(t, path))
	}
	if testenv.IsRoot() {
		require.NoError(t, os.Chown(path, nobody, nobody))
		require.NoError(t, os.Chmod(path, 0o640|fs.ModeSetgid))
		require.NoError(t, WriteFile(path, []byte("new"), 0o644))
		assert.Equal(t, 0o640|fs.ModeSetgid, modeOf(t, path))
		fi, err := os.Stat(path)
		require.NoError(t, err)
		assert.EqualValues(t, nobody, fi.Sys().(*syscall.Stat_t).Uid)
		assert.EqualValues(t, nobody, fi.Sys().(*syscall.Stat_t).Gid)
	}
}

func TestWriteFileHonoursTheUmask(t *testing.T) {
	old := syscall.Umask(0o077)
	defer syscall.Umask(old)
	path := filepath.Join(t.TempDir(), file)
	require.NoError(t, WriteFile(path, nil, 0o666))
	assert.Equal(t, fs.FileMode(0o600), modeOf(t, path))
}

// Replacing a device or a pipe would break whoever uses it.
func TestWriteFileReplacesNoPipe(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pipe")
	require.NoError(t, syscall.Mkfifo(path, 0o644))
	require.ErrorIs(t, WriteFile(path, nil, 0o644), ErrNotRegular)
}
