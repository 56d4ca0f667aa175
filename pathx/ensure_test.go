package pathx

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/internal/atomicfile"
)

func TestWritable(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, Writable(dir))
	requireOnly(t, dir)

	require.ErrorIs(t, Writable(filepath.Join(dir, "nowhere")), fs.ErrNotExist)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "file"), nil, 0o644))
	require.Error(t, Writable(filepath.Join(dir, "file")))
	require.ErrorIs(t, Writable(dir+"\x00"), ErrName)
	require.ErrorIs(t, Writable(""), ErrName)

	saved := atomicfile.SyncFile
	t.Cleanup(func() { atomicfile.SyncFile = saved })
	full := errors.New("disk full")
	atomicfile.SyncFile = func(*os.File) error { return full }
	err := Writable(dir)
	require.ErrorIs(t, err, full)
	assert.ErrorContains(t, err, "can't write a file")
	requireOnly(t, dir, "file")
}

func TestWritableConcurrently(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, ".writable.pathx-0"), nil, 0o600)) // of a dead process
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() { assert.NoError(t, Writable(dir)) })
	}
	all.Wait()
	require.NoError(t, Writable(dir))
	requireOnly(t, dir)
}

func TestEnsureDir(t *testing.T) {
	top := t.TempDir()
	for _, private := range []bool{false, true} {
		dir := filepath.Join(top, "a", "b", map[bool]string{true: "private", false: "open"}[private])
		for range 2 {
			require.NoError(t, EnsureDir(dir, private))
			require.DirExists(t, dir)
		}
		require.NoError(t, Writable(dir))
	}
	blocked := filepath.Join(top, "file")
	require.NoError(t, os.WriteFile(blocked, nil, 0o644))
	require.ErrorIs(t, EnsureDir(blocked, false), syscall.ENOTDIR)
	for _, below := range []string{"below", "far/below"} {
		require.ErrorIs(t, EnsureDir(filepath.Join(blocked, below), false), syscall.ENOTDIR)
	}
	require.ErrorIs(t, EnsureDir(top+"\x00", true), ErrName)
	fi, err := os.Stat(".")
	require.NoError(t, err)
	require.ErrorIs(t, EnsureDir("", true), ErrName)
	after, err := os.Stat(".")
	require.NoError(t, err)
	assert.Equal(t, fi.Mode(), after.Mode(), "the current directory is left alone")
	t.Chdir(top)
	require.NoError(t, EnsureDir("relative", false))
	require.DirExists(t, filepath.Join(top, "relative"))
}
