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

// TestPermissionLost checks that an account that has lost its right to write gets an error and
// leaves the file unchanged, and that one that has lost its right to read gets an error.
func TestPermissionLost(t *testing.T) {
	testenv.NeedRoot(t)
	if !testenv.InOwnProcess(t) {
		return
	}
	dir := filepath.Join(openDir(t), "own")
	require.NoError(t, os.Mkdir(dir, 0o755))
	require.NoError(t, os.Chown(dir, nobody, nobody))
	path := filepath.Join(dir, file)
	require.NoError(t, syscall.Setresuid(nobody, nobody, 0)) // root is kept for later
	asRoot := func(f func() error) {
		t.Helper()
		require.NoError(t, syscall.Setresuid(-1, 0, -1))
		require.NoError(t, f())
		require.NoError(t, syscall.Setresuid(-1, nobody, -1))
	}
	t.Cleanup(func() { syscall.Setresuid(0, 0, 0) })
	require.NoError(t, WriteFile(path, content(1), 0o644))
	open := func() error {
		f, err := Finder{App: app, Flag: path, Trust: TrustNone}.Open()
		if err == nil {
			f.Close()
		}
		return err
	}
	require.NoError(t, open())

	asRoot(func() error { return os.Chmod(dir, 0o555) })
	for _, err := range []error{WriteFile(path, content(2), 0o644), Writable(dir), EnsureDir(filepath.Join(dir, "more"), false)} {
		require.ErrorIs(t, err, fs.ErrPermission)
		assert.ErrorContains(t, err, "give this process's account the right to write: ls -ld "+dir)
	}
	requireWhole(t, path)
	requireOnly(t, dir, file)
	require.NoError(t, open())

	asRoot(func() error { return os.Chmod(path, 0) })
	err := open()
	require.ErrorIs(t, err, fs.ErrPermission)
	assert.ErrorContains(t, err, "give this process's account the right to read it")

	asRoot(func() error { return os.Chmod(path, 0o644) })
	asRoot(func() error { return os.Chmod(dir, 0o755) })
	require.NoError(t, WriteFile(path, content(3), 0o644))
	require.NoError(t, open())
	assert.Equal(t, content(3), readShared(t, path))
}
