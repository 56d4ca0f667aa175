package pathx

import (
	"fmt"
	"os"
	"runtime"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/windows"

	"github.com/surefoot-go/surefoot/internal/testenv"
)

// If a file's path turns out to be a pipe, its server can identify the caller but can't impersonate
// it.
func TestPipeServerCannotImpersonate(t *testing.T) {
	testenv.NeedWindows(t, "gives the server of a pipe every level of impersonation")
	path := fmt.Sprintf(`\\.\pipe\pathx-test-%d`, os.Getpid())
	name, err := windows.UTF16PtrFromString(path)
	require.NoError(t, err)
	server, err := windows.CreateNamedPipe(name, windows.PIPE_ACCESS_DUPLEX, windows.PIPE_TYPE_BYTE, 1, 16, 16, 0, nil)
	require.NoError(t, err)
	defer windows.CloseHandle(server)
	client, err := openFile(path)
	require.NoError(t, err)
	defer client.Close()
	if err := windows.ConnectNamedPipe(server, nil); err != windows.ERROR_PIPE_CONNECTED {
		require.NoError(t, err)
	}

	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	ok, _, err := windows.NewLazySystemDLL("advapi32.dll").NewProc("ImpersonateNamedPipeClient").Call(uintptr(server))
	require.NotZero(t, ok, err)
	defer windows.RevertToSelf()
	var token windows.Token
	err = windows.OpenThreadToken(windows.CurrentThread(), windows.TOKEN_QUERY, true, &token)
	require.NoError(t, err)
	defer token.Close()
	var level, size uint32
	require.NoError(t, windows.GetTokenInformation(token, windows.TokenImpersonationLevel, (*byte)(unsafe.Pointer(&level)), 4, &size))
	assert.EqualValues(t, windows.SecurityIdentification, level)
}
