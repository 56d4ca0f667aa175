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

func TestWriteFileKeepsMode(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, file)
	syscall.Umask(syscall.Umask(0o022)) // whatever it is
	require.NoError(t, WriteFile(path, nil, 0o600))
	assert.Equal(t, fs.FileMode(0o600), modeOf(t, path))
	for _, mode := range []fs.FileMode{0o640, 0o666, 0o400, 0o755 | fs.ModeSetuid} {
		require.NoError(t, os.Chmod(path, mode))
		require.NoError(t, WriteFile(path, []byte("new"), 0o644))
		assert.Equal(t, mode.Perm(), modeOf(t, path))
	}
	if testenv.IsRoot() {
		require.NoError(t, os.Chown(path, nobody, nobody))
		require.NoError(t, os.Chmod(path, 0o640))
		require.NoError(t, WriteFile(path, []byte("new"), 0o644))
		assert.Equal(t, fs.FileMode(0o640), modeOf(t, path))
		fi, err := os.Stat(path)
		require.NoError(t, err)
		assert.EqualValues(t, nobody, fi.Sys().(*syscall.Stat_t).Uid)
		assert.EqualValues(t, nobody, fi.Sys().(*syscall.Stat_t).Gid)
	}
}

func TestWriteFileHonoursUmask(t *testing.T) {
	old := syscall.Umask(0o077)
	defer syscall.Umask(old)
	path := filepath.Join(t.TempDir(), file)
	require.NoError(t, WriteFile(path, nil, 0o666))
	assert.Equal(t, fs.FileMode(0o600), modeOf(t, path))
}

// Replacing a device or pipe would break the programs that use it.
func TestWriteFileDoesNotReplacePipe(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pipe")
	require.NoError(t, syscall.Mkfifo(path, 0o644))
	require.ErrorIs(t, WriteFile(path, nil, 0o644), ErrNotRegular)
}

// For the system, and so for all functions here, link/.. is the parent directory of the link's
// target.
func TestParentOfLink(t *testing.T) {
	top := openDir(t)
	require.NoError(t, os.MkdirAll(filepath.Join(top, "real", "sub"), 0o755))
	require.NoError(t, os.Symlink(filepath.Join(top, "real", "sub"), filepath.Join(top, "link")))
	t.Chdir(top)
	for _, link := range []string{top + "/link/../", "link/../"} {
		require.NoError(t, WriteFile(link+file, []byte(link), 0o644))
		got, err := os.ReadFile(filepath.Join(top, "real", file))
		require.NoError(t, err)
		assert.Equal(t, link, string(got))

		require.NoError(t, EnsureDir(link+"new//deep/", true))
		require.DirExists(t, filepath.Join(top, "real", "new", "deep"))
		require.NoError(t, Writable(link+"new"))
		require.NoError(t, os.RemoveAll(filepath.Join(top, "real", "new")))
	}
	requireOnly(t, top, "real", "link")
}
