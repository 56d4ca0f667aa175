package svcx

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/windows"
)

func TestEntries(t *testing.T) {
	for sddl, want := range map[string]string{
		"O:BAG:BAD:P(A;;FA;;;SY)(A;;FA;;;BA)(A;;0x1200a9;;;BU)": "",
		"O:BAG:BAD:P(A;;FA;;;SY)(A;OICI;0x1301bf;;;AU)":         "Authenticated Users",
		"O:BAG:BAD:P(A;OICIIO;FA;;;WD)":                         "",
		"O:BAG:BAD:P(D;;FA;;;WD)":                               "",
	} {
		sd, err := windows.SecurityDescriptorFromString(sddl)
		require.NoError(t, err)
		list, err := entries(sd)
		require.NoError(t, err)
		assert.Equal(t, want, broadWriter(list), sddl)
	}
	none, err := windows.NewSecurityDescriptor()
	require.NoError(t, err)
	require.NoError(t, none.SetDACL(nil, true, false))
	list, err := entries(none)
	require.NoError(t, err)
	assert.Equal(t, "Everyone", broadWriter(list), "no list allows everyone everything")
}

func TestInstallRefusesAProgramThatUsersCanReplace(t *testing.T) {
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
