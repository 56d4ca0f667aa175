package eventlog

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/windows"

	"github.com/surefoot-go/surefoot/internal/testenv"
)

func TestFolderRights(t *testing.T) {
	testenv.NeedWindows(t, "maps ACLs to Unix modes")
	testenv.NeedChange(t, "makes a folder with rights of its own")
	dir := filepath.Join(t.TempDir(), "surefoot", "eventx")
	require.NoError(t, os.MkdirAll(dir, 0o755)) // with the rights of a temporary folder
	require.NoError(t, secureDir(dir))
	sd, err := windows.GetNamedSecurityInfo(dir, windows.SE_FILE_OBJECT, windows.DACL_SECURITY_INFORMATION)
	require.NoError(t, err)
	assert.Equal(t, "D:PAI(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;0x1200a9;;;AU)(A;OICI;0x1200a9;;;LS)", sd.String())
}

func TestInstallErrors(t *testing.T) {
	err := installError("orders", fmt.Errorf("opening: %w", windows.ERROR_ACCESS_DENIED))
	assert.ErrorIs(t, err, ErrAccessDenied)
	assert.ErrorIs(t, err, windows.ERROR_ACCESS_DENIED)
	assert.NotErrorIs(t, installError("orders", windows.ERROR_FILE_NOT_FOUND), ErrAccessDenied)
}
