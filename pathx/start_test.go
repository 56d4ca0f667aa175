package pathx

import (
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestOpenRelativeFlagBecomesAbsolute(t *testing.T) {
	s := newScene(t)
	s.put(t, FromWorkDir)
	require.NoError(t, os.WriteFile(s.path(FromWorkDir), []byte("flag"), 0o644))
	f := s.finder(t)
	f.Flag = file
	got, err := f.Open()
	require.NoError(t, err)
	defer got.Close()
	assert.True(t, filepath.IsAbs(got.Path))
	assert.Equal(t, s.path(FromWorkDir), got.Path)

	f.Flag = filepath.Join("nowhere", file)
	_, err = f.Open()
	require.ErrorIs(t, err, fs.ErrNotExist)
	assert.Contains(t, err.Error(), "start directory")

	t.Chdir(s[FromUser]) // from now on it means the same file as before
	f.Flag = file
	again, err := f.Open()
	require.NoError(t, err)
	defer again.Close()
	assert.Equal(t, got.Path, again.Path)
}

func TestStartDirDeleted(t *testing.T) {
	gone := filepath.Join(t.TempDir(), "gone")
	require.NoError(t, os.Mkdir(gone, 0o755))
	start.dir = gone
	require.NoError(t, os.Remove(gone))
	here := t.TempDir()
	t.Chdir(here)
	dir, err := startDir()
	require.NoError(t, err)
	want, err := os.Getwd()
	require.NoError(t, err)
	assert.Equal(t, want, dir)
}

func TestAbsolute(t *testing.T) {
	s := newScene(t)
	here := s[FromWorkDir]
	for path, want := range map[string]string{
		"a":      filepath.Join(here, "a"),
		"./a//b": filepath.Join(here, "a", "b"),
		here:     here,
	} {
		assert.Equal(t, want, absolute(path))
	}
	if runtime.GOOS == "windows" {
		assert.Equal(t, filepath.VolumeName(here)+`\a`, absolute(`\x\..\a`))
		assert.Equal(t, filepath.Join(here, "a"), absolute(`x\..\a`))
	} else {
		assert.Equal(t, here+"/x/../a", absolute("x/../a"), "x may be a link")
	}
}
