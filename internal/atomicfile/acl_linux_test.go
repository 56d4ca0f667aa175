package atomicfile

import (
	"encoding/binary"
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

const nobody = 65534

// listOf returns an access control list: rights of the owner, user 1000, the group, the mask,
// others.
func listOf(owner, user, group, mask, other uint16) acl {
	b := binary.LittleEndian.AppendUint32(nil, aclVersion)
	for _, e := range []struct {
		tag, perm uint16
		id        uint32
	}{{0x01, owner, 1<<32 - 1}, {0x02, user, 1000}, {aclGroupObj, group, 1<<32 - 1}, {aclMask, mask, 1<<32 - 1}, {0x20, other, 1<<32 - 1}} {
		b = binary.LittleEndian.AppendUint16(b, e.tag)
		b = binary.LittleEndian.AppendUint16(b, e.perm)
		b = binary.LittleEndian.AppendUint32(b, e.id)
	}
	return b
}

func setACL(t *testing.T, path, name string, list acl) {
	t.Helper()
	err := unix.Setxattr(path, name, list, 0)
	if errors.Is(err, unix.ENOTSUP) {
		t.Skipf("no access control lists here: %v", err)
	}
	require.NoError(t, err)
}

func aclOf(t *testing.T, path string) acl {
	t.Helper()
	root, err := os.OpenRoot(filepath.Dir(path))
	require.NoError(t, err)
	defer root.Close()
	return readACL(root, filepath.Base(path))
}

func modeOf(t *testing.T, path string) fs.FileMode {
	t.Helper()
	fi, err := os.Stat(path)
	require.NoError(t, err)
	return fi.Mode().Perm()
}

// A file that user 1000 may write and its group may only read has mode 0660.
func TestWriteKeepsACL(t *testing.T) {
	path := filepath.Join(t.TempDir(), file)
	require.NoError(t, os.WriteFile(path, nil, 0o600))
	for _, list := range []acl{listOf(6, 6, 4, 6, 0), listOf(6, 4, 0, 4, 0), listOf(6, 7, 7, 4, 4)} {
		setACL(t, path, aclName, list)
		mode := modeOf(t, path)
		require.NoError(t, Write(filepath.Dir(path), file, []byte("new"), 0o666))
		assert.Equal(t, list, aclOf(t, path))
		assert.Equal(t, mode, modeOf(t, path))
	}
}

// A list that the new file inherits from its directory gives accounts access that the old file did
// not have.
func TestWriteIgnoresDirectoryACL(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, file)
	require.NoError(t, os.WriteFile(path, nil, 0o640))
	setACL(t, dir, "system.posix_acl_default", listOf(7, 7, 7, 7, 7))
	require.NoError(t, Write(dir, file, []byte("new"), 0o666))
	assert.Nil(t, aclOf(t, path))
	assert.EqualValues(t, 0o640, modeOf(t, path))
}

// If the list can't be kept, the group gets its rights from the list, not the mask.
func TestWriteWithoutACL(t *testing.T) {
	dir := t.TempDir()
	f, err := os.Create(filepath.Join(dir, "new"))
	require.NoError(t, err)
	defer f.Close()
	broken := listOf(6, 6, 4, 6, 0)
	broken[4+3*aclEntry] = 0x08 // no mask: the kernel refuses it
	require.NoError(t, inherit(f, &original{0o660, os.Getuid(), os.Getgid(), broken}))
	assert.EqualValues(t, 0o640, modeOf(t, f.Name()))
}

// Another group gets no more rights than others, even in the list.
func TestWriteWithOtherGroup(t *testing.T) {
	testenv.NeedRoot(t)
	if !testenv.InOwnProcess(t) {
		return
	}
	dir, err := os.MkdirTemp("", "atomicfile-")
	require.NoError(t, err)
	t.Cleanup(func() { os.RemoveAll(dir) })
	path := filepath.Join(dir, file)
	require.NoError(t, os.WriteFile(path, nil, 0o600))
	setACL(t, path, aclName, listOf(6, 6, 6, 6, 4))
	require.NoError(t, os.Chown(dir, nobody, nobody))
	require.NoError(t, syscall.Setgroups(nil))
	require.NoError(t, syscall.Setresgid(nobody, nobody, 0))
	require.NoError(t, syscall.Setresuid(nobody, nobody, 0))
	defer syscall.Setresuid(0, 0, 0)

	require.NoError(t, Write(dir, file, []byte("new"), 0o600))
	fi, err := os.Stat(path)
	require.NoError(t, err)
	assert.EqualValues(t, nobody, fi.Sys().(*syscall.Stat_t).Gid)
	assert.Equal(t, listOf(6, 6, 4, 6, 4), aclOf(t, path))
}
