package testenv

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/windows"
)

// TestPrivileges makes this process one that MSYS's bash has started, and then a plain one.
func TestPrivileges(t *testing.T) {
	path := filepath.Join(t.TempDir(), "denied")
	require.NoError(t, os.WriteFile(path, nil, 0o600))
	sd, err := windows.SecurityDescriptorFromString("D:P(D;;FR;;;WD)(A;;SDWDRC;;;WD)")
	require.NoError(t, err)
	dacl, _, err := sd.DACL()
	require.NoError(t, err)
	require.NoError(t, windows.SetNamedSecurityInfo(path, windows.SE_FILE_OBJECT,
		windows.DACL_SECURITY_INFORMATION|windows.PROTECTED_DACL_SECURITY_INFORMATION, nil, nil, dacl, nil))

	for _, name := range []string{"SeBackupPrivilege", "SeRestorePrivilege"} {
		EnablePrivilege(t, name)
		assert.True(t, holds(t, name), name)
	}
	if !IsWine() { // which has the rights of its user on Unix
		f, err := os.Open(path)
		require.NoError(t, err, "the privilege opens every file")
		f.Close()
	}
	plainShell()
	for _, name := range []string{"SeBackupPrivilege", "SeRestorePrivilege"} {
		assert.False(t, holds(t, name), name)
	}
	if !IsWine() {
		_, err = os.Open(path)
		assert.ErrorIs(t, err, os.ErrPermission)
	}
}

// holds reports whether a privilege of this process is enabled.
func holds(t *testing.T, name string) bool {
	t.Helper()
	text, err := windows.UTF16PtrFromString(name)
	require.NoError(t, err)
	var luid windows.LUID
	require.NoError(t, windows.LookupPrivilegeValue(nil, text, &luid))
	on, err := enabled(windows.GetCurrentProcessToken(), luid)
	require.NoError(t, err)
	return on
}

func TestUnavailablePrivilege(t *testing.T) {
	assert.True(t, errors.Is(setPrivileges(windows.SE_PRIVILEGE_ENABLED, "SeCreateTokenPrivilege"), windows.ERROR_NOT_ALL_ASSIGNED) || IsWine())
	assert.Error(t, setPrivileges(windows.SE_PRIVILEGE_ENABLED, "SeNoSuchPrivilege"))
}

func TestPlainShell(t *testing.T) {
	t.Setenv("PSModulePath", `C:\Program Files\PowerShell\7\Modules`)
	t.Setenv("TMP", t.TempDir())
	t.Setenv("TEMP", "")
	plainShell()
	assert.Empty(t, os.Getenv("PSModulePath"))
	assert.Equal(t, os.Getenv("TMP"), os.Getenv("TEMP"))
	assert.DirExists(t, os.Getenv("TMP"))
}
