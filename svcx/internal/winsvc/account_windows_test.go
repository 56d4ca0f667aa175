package winsvc

import (
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/windows"

	"github.com/surefoot-go/surefoot/internal/testenv"
	"github.com/surefoot-go/surefoot/internal/wincall"
	"github.com/surefoot-go/surefoot/internal/winsec"
)

// TestLevels compares the values of the calls and of a plan with golang.org/x/sys/windows.
func TestLevels(t *testing.T) {
	for c, level := range map[call]call{
		callDescription: windows.SERVICE_CONFIG_DESCRIPTION, callActions: windows.SERVICE_CONFIG_FAILURE_ACTIONS,
		callDelayed: windows.SERVICE_CONFIG_DELAYED_AUTO_START_INFO, callFlag: windows.SERVICE_CONFIG_FAILURE_ACTIONS_FLAG,
		callSID: windows.SERVICE_CONFIG_SERVICE_SID_INFO, callPrivileges: windows.SERVICE_CONFIG_REQUIRED_PRIVILEGES_INFO,
		callPreshutdown: windows.SERVICE_CONFIG_PRESHUTDOWN_INFO,
	} {
		assert.Equal(t, level, c, c.String())
	}
	for _, n := range [][2]uint32{
		{ownProcess, windows.SERVICE_WIN32_OWN_PROCESS}, {interactive, windows.SERVICE_INTERACTIVE_PROCESS}, {errorNormal, windows.SERVICE_ERROR_NORMAL},
		{autoStart, windows.SERVICE_AUTO_START}, {demandStart, windows.SERVICE_DEMAND_START}, {disabled, windows.SERVICE_DISABLED},
		{sidNone, windows.SERVICE_SID_TYPE_NONE}, {sidUnrestricted, windows.SERVICE_SID_TYPE_UNRESTRICTED},
		{sidRestricted, windows.SERVICE_SID_TYPE_RESTRICTED}, {actionRestart, windows.SC_ACTION_RESTART}, {actionRunCommand, windows.SC_ACTION_RUN_COMMAND},
	} {
		assert.Equal(t, n[1], n[0])
	}
	assert.Equal(t, unsafe.Sizeof(windows.SC_ACTION{}), unsafe.Sizeof(action{}))
}

// TestForeignLogDir checks that a user's directory or link in the place of the log directory is
// rejected.
func TestForeignLogDir(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "logs")
	_, err := makeLogDir(dir, "LocalSystem")
	require.NoError(t, err)
	made, err := makeLogDir(dir, "LocalSystem")
	require.NoError(t, err, "this user's own")
	assert.False(t, made)

	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	_, err = makeLogDir(file, "LocalSystem")
	assert.ErrorContains(t, err, "a file or a link")

	testenv.NeedWindows(t, "maps owners to Unix's, and its links are none")
	link := filepath.Join(t.TempDir(), "link")
	out, err := exec.CommandContext(t.Context(), "cmd", "/c", "mklink", "/J", link, dir).CombinedOutput()
	require.NoError(t, err, "%s", out)
	_, err = makeLogDir(link, "LocalSystem")
	assert.ErrorContains(t, err, "a file or a link")

	guests, err := windows.CreateWellKnownSid(windows.WinBuiltinGuestsSid)
	require.NoError(t, err)
	testenv.EnablePrivilege(t, "SeRestorePrivilege") // to change its owner
	require.NoError(t, windows.SetNamedSecurityInfo(dir, windows.SE_FILE_OBJECT, windows.OWNER_SECURITY_INFORMATION, guests, nil, nil, nil))
	_, err = makeLogDir(dir, "LocalSystem")
	assert.ErrorContains(t, err, "belongs to Guests (S-1-5-32-546)")
}

// TestLogDirOfOtherAccount checks that the log directory is handed over when the service's account
// changes.
func TestLogDirOfOtherAccount(t *testing.T) {
	testenv.NeedWindows(t, "maps access lists to the modes of Unix")
	dir := filepath.Join(t.TempDir(), "logs")
	for _, account := range []string{"LocalSystem", `NT AUTHORITY\LocalService`, `NT AUTHORITY\NetworkService`, "LocalSystem"} {
		_, err := makeLogDir(dir, account)
		require.NoError(t, err)
		sid, err := accountSID(account)
		require.NoError(t, err)
		d, err := winsec.DescriptorOf(dir)
		require.NoError(t, err)
		assert.NoError(t, (&winsec.Account{SID: sid}).Check(dir, d, winsec.ForContents), "%s alone may write: %+v", account, d)
	}
}

func TestLogonRight(t *testing.T) {
	testenv.NeedWindows(t, "does not keep the rights of accounts")
	testenv.NeedChange(t, "gives a group the right to log on as a service")
	has := func() (has bool) {
		sid, _, _, err := syscall.LookupSID("", "Guests")
		require.NoError(t, err)
		policy, err := openPolicy()
		require.NoError(t, err)
		has, err = wincall.LsaHasAccountRight(policy, sid, logonRight)
		require.NoError(t, err)
		require.NoError(t, wincall.LsaClose(policy))
		return has
	}
	require.False(t, has())
	undo, err := grantLogon("Guests")
	require.NoError(t, err)
	assert.True(t, has())
	again, err := grantLogon("Guests")
	require.NoError(t, err)
	require.NoError(t, again())
	assert.True(t, has(), "it had it before")
	require.NoError(t, undo())
	assert.False(t, has())
}
