package atomicfile

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const file = "orders.json"

func put(t *testing.T, dir string, names ...string) {
	t.Helper()
	for _, name := range names {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte("half"), 0o600))
	}
}

func requireOnly(t *testing.T, dir string, want ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	names := []string{}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	require.ElementsMatch(t, want, names)
}

func TestWriteRemovesFilesOfDeadWriters(t *testing.T) {
	dir := t.TempDir()
	var many []string // of as many writers at once
	for slot := range slots + 5 {
		many = append(many, fmt.Sprintf(".%s.pathx-%d", file, slot))
	}
	put(t, dir, many...)
	if setsAside {
		put(t, dir, "."+file+".pathx-old0", "."+file+".pathx-old7")
	}
	put(t, dir, ".other.pathx-0", "."+file+".pathx-by-hand")
	require.NoError(t, Write(dir, file, []byte("whole"), 0o644))
	requireOnly(t, dir, file, ".other.pathx-0", "."+file+".pathx-by-hand")

	put(t, dir, many[0], many[3], many[slots-1]) // in any of the first names, whatever lies between
	require.NoError(t, Write(dir, file, []byte("whole"), 0o644))
	requireOnly(t, dir, file, ".other.pathx-0", "."+file+".pathx-by-hand")
}

func TestWriteKeepsFilesOfLiveWriters(t *testing.T) {
	dir := t.TempDir()
	root, err := os.OpenRoot(dir)
	require.NoError(t, err)
	defer root.Close()
	f, err := tempsOf(root, file).create(0o600, nil)
	require.NoError(t, err)
	defer f.Close()
	release(f.path) // as if it were another process's
	require.NoError(t, Write(dir, file, []byte("whole"), 0o644))
	requireOnly(t, dir, file, f.name)
	require.NoError(t, f.Close())
	require.NoError(t, Write(dir, file, []byte("whole"), 0o644))
	requireOnly(t, dir, file)
}

// While the file is missing, leftovers may be the only copy.
func TestFailedWriteKeepsFiles(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "."+file+".pathx-1", "."+file+".pathx-old0")
	saved := SyncFile
	t.Cleanup(func() { SyncFile = saved })
	SyncFile = func(*os.File) error { return os.ErrInvalid }
	require.ErrorIs(t, Write(dir, file, nil, 0o644), os.ErrInvalid)
	requireOnly(t, dir, "."+file+".pathx-1", "."+file+".pathx-old0")
}

// A rename that is not flushed may be lost on power failure.
func TestWriteFlushesRename(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, file)
	require.NoError(t, os.WriteFile(path, []byte("old"), 0o644))
	saved := SyncFile
	t.Cleanup(func() { SyncFile = saved })
	var flushed []string // what the file was each time
	SyncFile = func(f *os.File) error {
		content, err := os.ReadFile(path)
		assert.NoError(t, err)
		flushed = append(flushed, string(content))
		return saved(f)
	}
	require.NoError(t, Write(dir, file, []byte("new"), 0o644))
	assert.Equal(t, []string{"old", "new"}, flushed)
}

// More writers at once than a sweep looks for.
func TestManyWriters(t *testing.T) {
	dir := t.TempDir()
	var all sync.WaitGroup
	for n := range 60 {
		all.Go(func() { assert.NoError(t, Write(dir, file, []byte(strings.Repeat(fmt.Sprint(n%10), 1000)), 0o644)) })
	}
	all.Wait()
	got, err := os.ReadFile(filepath.Join(dir, file))
	require.NoError(t, err)
	assert.Equal(t, strings.Repeat(string(got[:1]), 1000), string(got))
	requireOnly(t, dir, file)
}

func TestTempNames(t *testing.T) {
	for base, want := range map[string]string{
		"a":                      ".a.pathx-0",
		strings.Repeat("x", 255): "." + strings.Repeat("x", 200) + ".pathx-0",
		strings.Repeat("世", 85):  "." + strings.Repeat("世", 66) + ".pathx-0", // 198 bytes: whole characters
	} {
		assert.Equal(t, want, tempsOf(nil, base).name(0))
	}
}

// The bytes are those of getfattr -e hex -n system.posix_acl_access for setfacl -m
// g::r--,u:1000:rw,m::rw on a file of mode 0660.
func TestACL(t *testing.T) {
	list := parseACL([]byte("\x02\x00\x00\x00\x01\x00\x06\x00\xff\xff\xff\xff\x02\x00\x06\x00\xe8\x03\x00\x00" +
		"\x04\x00\x04\x00\xff\xff\xff\xff\x10\x00\x06\x00\xff\xff\xff\xff\x20\x00\x00\x00\xff\xff\xff\xff"))
	require.NotNil(t, list)
	assert.EqualValues(t, 0o4, list.group(), "the mode shows the mask, 6")
	assert.EqualValues(t, 0, list.withGroup(0o600).group())
	assert.EqualValues(t, 0o4, list.withGroup(0o660).group())
	assert.EqualValues(t, 0o4, list.group(), "the original stays")
	for name, bytes := range map[string]string{
		"nothing": "", "a mode's entries alone": string(list[:4+3*8]), "cut off": string(list[:30]), "another version": "\x03" + string(list[1:]),
	} {
		assert.Nil(t, parseACL([]byte(bytes)), name)
	}
	assert.Nil(t, acl(nil).withGroup(0o600))
}
