package pathx

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/surefoot-go/surefoot/internal/testenv"
)

// A real full disk and a real read-only one: a file system of 128 KiB in a mount
// namespace of its own.
func TestFullAndReadOnlyDisk(t *testing.T) {
	testenv.NeedRoot(t)
	if !testenv.InNetNS(t) {
		return
	}
	dir := t.TempDir()
	require.NoError(t, unix.Mount("tmpfs", dir, "tmpfs", 0, "size=128k,mode=755"))
	t.Cleanup(func() { unix.Unmount(dir, unix.MNT_DETACH) })
	path := filepath.Join(dir, file)
	require.NoError(t, WriteFile(path, content(1), 0o644))
	require.NoError(t, Writable(dir))

	require.ErrorIs(t, WriteFile(path, make([]byte, 1<<20), 0o644), unix.ENOSPC)
	requireWhole(t, path)
	requireOnly(t, dir, file)

	filler, err := os.Create(filepath.Join(dir, "filler"))
	require.NoError(t, err)
	for err == nil {
		_, err = filler.Write(make([]byte, 4096))
	}
	require.NoError(t, filler.Close())
	err = Writable(dir)
	require.ErrorIs(t, err, unix.ENOSPC)
	assert.ErrorContains(t, err, "can't write a file")
	requireOnly(t, dir, file, "filler")

	require.NoError(t, unix.Mount("", dir, "", unix.MS_REMOUNT|unix.MS_RDONLY, ""))
	err = Writable(dir)
	require.ErrorIs(t, err, unix.EROFS)
	assert.ErrorContains(t, err, "can't create a file")
	require.ErrorIs(t, WriteFile(path, nil, 0o644), unix.EROFS)
	requireWhole(t, path)
	require.NoError(t, EnsureDir(dir, false), "it is there")
}
