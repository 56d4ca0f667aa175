package pathx

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/windows"

	"github.com/surefoot-go/surefoot/internal/testenv"
)

func daclOf(t *testing.T, path string) string {
	t.Helper()
	sd, err := windows.GetNamedSecurityInfo(path, windows.SE_FILE_OBJECT, windows.DACL_SECURITY_INFORMATION)
	require.NoError(t, err)
	return sd.String()
}

func TestEnsureDirPrivate(t *testing.T) {
	testenv.NeedWindows(t, "lets everybody do what Administrators may, as its user is one of them")
	dir := filepath.Join(t.TempDir(), "private")
	for range 2 {
		require.NoError(t, EnsureDir(dir, true))
		for _, others := range []string{";WD)", ";BU)", ";AU)"} {
			assert.NotContains(t, daclOf(t, dir), others)
		}
		setSDDL(t, dir, "D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;OW)(A;OICI;FR;;;WD)") // read by others: closed
		require.Contains(t, daclOf(t, dir), ";WD)")
	}
}

func TestEnsureDirRefuses(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "theirs")
	require.NoError(t, EnsureDir(dir, true))
	require.NoError(t, EnsureDir(dir, true))
	setSDDL(t, dir, "D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;OW)(A;OICI;FA;;;WD)")
	require.ErrorIs(t, EnsureDir(dir, true), ErrUntrusted)
	require.Contains(t, daclOf(t, dir), ";WD)", "refused, and left alone")
}
