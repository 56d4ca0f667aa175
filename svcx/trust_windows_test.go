package svcx

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/windows"

	"github.com/surefoot-go/surefoot/internal/winsec"
	"github.com/surefoot-go/surefoot/svcx/internal/spec"
)

func TestCheckTrust(t *testing.T) {
	exe := filepath.Join(t.TempDir(), "x.exe")
	require.NoError(t, os.WriteFile(exe, nil, 0o755))
	a, err := winsec.Machine()
	require.NoError(t, err)
	if len(a.Also) == 1 { // all processes of this user have administrator rights
		assert.NoError(t, checkTrust(exe))
	}
	err = spec.Untrusted("windows", exe, (&winsec.Account{SID: winsec.System}).CheckObject(exe, winsec.ForReading))
	assert.ErrorContains(t, err, "would run with all rights", "what one named user may write")
	assert.ErrorIs(t, checkTrust(exe+"x"), os.ErrNotExist)
}

func TestInstallRejectsReplaceableProgram(t *testing.T) {
	exe := filepath.Join(t.TempDir(), "x.exe")
	require.NoError(t, os.WriteFile(exe, nil, 0o755))
	s := &Service{Name: "surefoot-untrusted", Executable: exe}
	sd, err := windows.SecurityDescriptorFromString("D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;FA;;;WD)")
	require.NoError(t, err)
	dacl, _, err := sd.DACL()
	require.NoError(t, err)
	require.NoError(t, windows.SetNamedSecurityInfo(filepath.Dir(exe), windows.SE_FILE_OBJECT,
		windows.DACL_SECURITY_INFORMATION|windows.PROTECTED_DACL_SECURITY_INFORMATION, nil, nil, dacl, nil))
	err = s.Install(t.Context())
	require.ErrorContains(t, err, "can be changed by Everyone")
	assert.ErrorContains(t, err, "icacls")
	_, err = s.Status(t.Context())
	assert.ErrorIs(t, err, ErrNotInstalled)
}
