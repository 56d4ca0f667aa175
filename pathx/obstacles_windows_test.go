package pathx

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/windows"

	"github.com/surefoot-go/surefoot/internal/testenv"
)

// denied creates a file at path that this process may not read.
func denied(t *testing.T, path string) {
	t.Helper()
	testenv.NeedWindows(t, "gives its user the rights that he has on Unix")
	require.NoError(t, os.WriteFile(path, nil, 0o644))
	setSDDL(t, path, "D:P(D;;FR;;;WD)(A;;SDWDRC;;;WD)")
}

// distrusted creates a file at path that everyone may write.
func distrusted(t *testing.T, path string) {
	t.Helper()
	require.NoError(t, os.WriteFile(path, nil, 0o644))
	setSDDL(t, path, "D:P(A;;FA;;;SY)(A;;FA;;;OW)(A;;FA;;;WD)")
}

// setSDDL sets the DACL of path and restores the old one when the test ends.
func setSDDL(t *testing.T, path, sddl string) {
	t.Helper()
	old, err := windows.GetNamedSecurityInfo(path, windows.SE_FILE_OBJECT, windows.DACL_SECURITY_INFORMATION)
	require.NoError(t, err)
	sd, err := windows.SecurityDescriptorFromString(sddl)
	require.NoError(t, err)
	set := func(sd *windows.SECURITY_DESCRIPTOR) error {
		dacl, _, err := sd.DACL()
		if err != nil {
			return err
		}
		return windows.SetNamedSecurityInfo(path, windows.SE_FILE_OBJECT,
			windows.DACL_SECURITY_INFORMATION|windows.PROTECTED_DACL_SECURITY_INFORMATION, nil, nil, dacl, nil)
	}
	require.NoError(t, set(sd))
	t.Cleanup(func() { _ = set(old) })
}
