package pathx

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/windows"

	"github.com/surefoot-go/surefoot/internal/testenv"
	"github.com/surefoot-go/surefoot/internal/winapi"
)

// The mode marks the file as secret. Wine converts access control lists to modes and reports lists
// derived from the mode bits.
func TestWriteFilePrivate(t *testing.T) {
	dir := t.TempDir()
	for perm, private := range map[fs.FileMode]bool{0o600: true, 0o400: true, 0o644: false, 0o640: false} {
		path := filepath.Join(dir, fmt.Sprintf("%o", perm))
		require.NoError(t, WriteFile(path, nil, perm))
		dacl := daclOf(t, path)
		if testenv.IsWine() {
			assert.Equal(t, private, !strings.Contains(dacl, ";WD)"), "%o: %s", perm, dacl)
		} else {
			assert.Equal(t, private, strings.HasPrefix(dacl, "D:P"), "%o: %s", perm, dacl)
			assert.Equal(t, private, strings.Count(dacl, "(") == 3, "%o: %s", perm, dacl)
		}
		require.NoError(t, os.Chmod(path, 0o600)) // or t.TempDir could not remove it
	}
}

func TestWriteFileKeepsACL(t *testing.T) {
	path := filepath.Join(t.TempDir(), file)
	require.NoError(t, os.WriteFile(path, nil, 0o644))
	for _, sddl := range []string{"D:P(A;;FA;;;SY)(A;;FA;;;OW)", "D:P(A;;FA;;;SY)(A;;FA;;;OW)(A;;FA;;;WD)", "D:P(A;;FA;;;SY)(A;;FA;;;OW)(A;;FR;;;WD)"} {
		setSDDL(t, path, sddl)
		want := daclOf(t, path)
		require.NoError(t, WriteFile(path, []byte("new"), 0o644))
		assert.Equal(t, want, daclOf(t, path), sddl)
	}
}

// Inherited entries stay inherited, and explicit ones stay explicit.
func TestWriteFileKeepsInheritance(t *testing.T) {
	testenv.NeedWindows(t, "inherits nothing")
	path := filepath.Join(t.TempDir(), file)
	require.NoError(t, WriteFile(path, nil, 0o644))
	want := daclOf(t, path)
	require.Contains(t, want, "ID;")
	require.NoError(t, WriteFile(path, []byte("new"), 0o644))
	assert.Equal(t, want, daclOf(t, path))
}

func testAttributes(t *testing.T, want uint32) {
	t.Helper()
	path := filepath.Join(t.TempDir(), file)
	require.NoError(t, WriteFile(path, nil, 0o644))
	p, err := syscall.UTF16PtrFromString(path)
	require.NoError(t, err)
	require.NoError(t, syscall.SetFileAttributes(p, want))
	require.NoError(t, WriteFile(path, []byte("new"), 0o644))
	got, err := syscall.GetFileAttributes(p)
	require.NoError(t, err)
	assert.Equal(t, want, got)
	assert.Equal(t, "new", string(readShared(t, path)))
	require.NoError(t, syscall.SetFileAttributes(p, windows.FILE_ATTRIBUTE_NORMAL)) // or t.TempDir could not remove it
}

func TestWriteFileKeepsHidden(t *testing.T) {
	testAttributes(t, windows.FILE_ATTRIBUTE_HIDDEN|windows.FILE_ATTRIBUTE_ARCHIVE)
}

func TestWriteFileKeepsReadOnly(t *testing.T) {
	testenv.NeedWindows(t, "has one place for this attribute and the access control list")
	testAttributes(t, windows.FILE_ATTRIBUTE_READONLY|windows.FILE_ATTRIBUTE_ARCHIVE)
}

// WriteFile waits for a process that doesn't share the file, but not forever.
func TestWriteFileWaitsForOpenFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), file)
	require.NoError(t, WriteFile(path, []byte("old"), 0o644))
	f, err := os.Open(path) // without FILE_SHARE_DELETE
	require.NoError(t, err)
	defer f.Close()
	err = WriteFile(path, []byte("new"), 0o644)
	require.True(t, errors.Is(err, windows.ERROR_ACCESS_DENIED) || errors.Is(err, windows.ERROR_SHARING_VIOLATION), "%v", err)
	requireOnly(t, filepath.Dir(path), file)
	assert.Equal(t, "old", string(readShared(t, path)))

	require.NoError(t, f.Close())
	require.NoError(t, WriteFile(path, []byte("new"), 0o644))
}

// WriteFile also waits if a process that shares nothing keeps it from reading the file's rights.
func TestWriteFileWaitsForUnsharedFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), file)
	require.NoError(t, WriteFile(path, []byte("old"), 0o644))
	p, err := windows.UTF16PtrFromString(path)
	require.NoError(t, err)
	h, err := windows.CreateFile(p, windows.GENERIC_READ, 0, nil, windows.OPEN_EXISTING, 0, 0)
	require.NoError(t, err)
	begin := time.Now()
	err = WriteFile(path, []byte("new"), 0o644)
	require.True(t, errors.Is(err, windows.ERROR_ACCESS_DENIED) || errors.Is(err, windows.ERROR_SHARING_VIOLATION), "%v", err)
	assert.ErrorContains(t, err, "resmon")
	assert.GreaterOrEqual(t, time.Since(begin), winapi.SharingWait, "didn't wait")
	requireOnly(t, filepath.Dir(path), file)
	_, err = Finder{App: app, Flag: path, Trust: TrustNone}.Open()
	require.ErrorIs(t, err, windows.ERROR_SHARING_VIOLATION)
	assert.ErrorContains(t, err, "another program has it open for itself: Resource Monitor (resmon) shows which")

	require.NoError(t, windows.CloseHandle(h))
	require.NoError(t, WriteFile(path, []byte("new"), 0o644))
	assert.Equal(t, "new", string(readShared(t, path)))
}
