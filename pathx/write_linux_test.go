package pathx

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/surefoot-go/surefoot/internal/testenv"
)

// The test uses a real full disk and a real read-only one: a 128 KiB file system in its own mount
// namespace.
func TestWriteFileFullAndReadOnlyDisk(t *testing.T) {
	testenv.NeedRoot(t)
	if !testenv.InNetNS(t) {
		return
	}
	dir := testenv.SmallDisk(t, "size=128k")
	path := filepath.Join(dir, file)
	require.NoError(t, WriteFile(path, content(1), 0o644))
	require.NoError(t, Writable(dir))

	err := WriteFile(path, make([]byte, 1<<20), 0o644)
	require.ErrorIs(t, err, unix.ENOSPC)
	assert.ErrorContains(t, err, "df -h "+dir)
	requireWhole(t, path)
	requireOnly(t, dir, file)

	testenv.FillDisk(t, dir)
	err = Writable(dir)
	require.ErrorIs(t, err, unix.ENOSPC)
	assert.ErrorContains(t, err, "can't write a file")
	requireOnly(t, dir, file, "filler")

	require.NoError(t, unix.Mount("", dir, "", unix.MS_REMOUNT|unix.MS_RDONLY, ""))
	err = Writable(dir)
	require.ErrorIs(t, err, unix.EROFS)
	assert.ErrorContains(t, err, "can't create a file")
	err = WriteFile(path, nil, 0o644)
	require.ErrorIs(t, err, unix.EROFS)
	assert.ErrorContains(t, err, "ReadWritePaths="+dir)
	requireWhole(t, path)
	require.NoError(t, EnsureDir(dir, false), "it is there")
}

// A container's bind mount of a single file can't be replaced; one of its directory can.
func TestWriteFileToMountPoint(t *testing.T) {
	testenv.NeedRoot(t)
	if !testenv.InNetNS(t) {
		return
	}
	host, dir := t.TempDir(), t.TempDir()
	path := filepath.Join(dir, file)
	for _, path := range []string{filepath.Join(host, file), path} {
		require.NoError(t, os.WriteFile(path, []byte("old"), 0o644))
	}
	require.NoError(t, unix.Mount(filepath.Join(host, file), path, "", unix.MS_BIND, ""))
	err := WriteFile(path, []byte("new"), 0o644)
	require.ErrorIs(t, err, unix.EBUSY)
	assert.ErrorContains(t, err, "mount its directory instead")
	requireOnly(t, dir, file)
	require.NoError(t, unix.Unmount(path, 0))

	require.NoError(t, unix.Mount(host, dir, "", unix.MS_BIND, "")) // as the hint says
	require.NoError(t, WriteFile(path, []byte("new"), 0o644))
	require.NoError(t, unix.Unmount(dir, 0))
	got, err := os.ReadFile(filepath.Join(host, file))
	require.NoError(t, err)
	assert.Equal(t, "new", string(got))
}

// In a user namespace some owners can't be represented, so a file can't be given to them. The file
// then gets another group, which must have no rights.
func TestWriteFileInUserNamespace(t *testing.T) {
	testenv.NeedRoot(t)
	dir := openDir(t)
	path := filepath.Join(dir, file)
	require.NoError(t, os.WriteFile(path, []byte("old"), 0o600))
	require.NoError(t, os.Chown(path, nobody, nobody))
	require.NoError(t, os.Chmod(path, 0o674))
	cmd := testenv.Command(t, "write-once", path)
	root := []syscall.SysProcIDMap{{ContainerID: 0, HostID: 0, Size: 1}}
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWUSER, UidMappings: root, GidMappings: root}
	out, err := cmd.CombinedOutput()
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, unix.ENOSPC) {
		t.Skipf("no user namespaces here: %v", err)
	}
	require.NoError(t, err, "%s", out)
	got, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, "once", string(got))
	assert.Equal(t, fs.FileMode(0o644), modeOf(t, path))
}
