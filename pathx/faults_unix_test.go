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

// TestWriteFileWithoutDescriptors checks that, however many descriptors are left, the file is
// complete, no other file remains beside it, and the error says what to do.
func TestWriteFileWithoutDescriptors(t *testing.T) {
	if !testenv.InOwnProcess(t) {
		return
	}
	dir := t.TempDir()
	path := filepath.Join(dir, file)
	require.NoError(t, WriteFile(path, content(1), 0o644))
	leave := testenv.Starve(t)
	refused := 0
	for n := 0; ; n++ {
		leave(n)
		err := WriteFile(path, content(2), 0o644)
		writableErr := Writable(dir)
		leave(-1)
		requireWhole(t, path)
		requireOnly(t, dir, file)
		if err == nil {
			assert.Equal(t, content(2), readShared(t, path))
			require.NoError(t, writableErr)
			break
		}
		refused++
		require.Less(t, n, 30)
		require.ErrorIs(t, err, syscall.EMFILE)
		require.ErrorContains(t, err, "raise its limit")
	}
	assert.NotZero(t, refused)
}

// TestOpenWithoutDescriptors checks that a search that runs out of descriptors stops and takes no
// other file.
func TestOpenWithoutDescriptors(t *testing.T) {
	if !testenv.InOwnProcess(t) {
		return
	}
	dir := openDir(t)
	for _, place := range []string{"user", "system"} {
		require.NoError(t, EnsureDir(filepath.Join(dir, place, app), false))
		require.NoError(t, os.WriteFile(filepath.Join(dir, place, app, file), nil, 0o600))
	}
	t.Setenv("XDG_CONFIG_HOME", filepath.Join(dir, "user"))
	t.Setenv("XDG_CONFIG_DIRS", filepath.Join(dir, "system"))
	leave := testenv.Starve(t)
	refused := 0
	for n := 0; ; n++ {
		leave(n)
		f, err := Finder{App: app, Trust: TrustAlways}.Open()
		leave(-1)
		if err == nil {
			assert.Equal(t, FromUser, f.Source)
			require.NoError(t, f.Close())
			break
		}
		refused++
		require.Less(t, n, 30)
		require.ErrorIs(t, err, syscall.EMFILE)
		require.NotErrorIs(t, err, fs.ErrNotExist)
		require.ErrorContains(t, err, "raise its limit")
	}
	assert.NotZero(t, refused)
}

// TestNotFoundWithoutDescriptors checks that a missing file is reported as missing even without
// descriptors.
func TestNotFoundWithoutDescriptors(t *testing.T) {
	if !testenv.InOwnProcess(t) {
		return
	}
	t.Setenv("XDG_CONFIG_HOME", openDir(t))
	leave := testenv.Starve(t)
	leave(0)
	_, err := Finder{App: app, Trust: TrustAlways}.Open()
	leave(-1)
	require.ErrorIs(t, err, fs.ErrNotExist)
}
