package pathx

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/windows"

	"github.com/surefoot-go/surefoot/internal/testenv"
	"github.com/surefoot-go/surefoot/internal/winsec"
)

func daclOf(t *testing.T, path string) string {
	t.Helper()
	sd, err := windows.GetNamedSecurityInfo(path, windows.SE_FILE_OBJECT, windows.DACL_SECURITY_INFORMATION)
	require.NoError(t, err)
	return sd.String()
}

func TestEnsureDirPrivate(t *testing.T) {
	testenv.NeedWindows(t, "grants everyone the rights of Administrators, since its user is one of them")
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

func TestEnsureDirRejectsUntrusted(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "theirs")
	require.NoError(t, EnsureDir(dir, true))
	require.NoError(t, EnsureDir(dir, true))
	setSDDL(t, dir, "D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;OW)(A;OICI;FA;;;WD)")
	require.ErrorIs(t, EnsureDir(dir, true), ErrUntrusted)
	require.Contains(t, daclOf(t, dir), ";WD)", "refused, and left alone")
}

// Wine converts access control lists to modes, so the test checks the requested list, not its
// effect.
func TestEnsureDirFor(t *testing.T) {
	top := t.TempDir()
	for _, account := range []string{"LocalService", `NT AUTHORITY\NetworkService`, `NT SERVICE\pathx-not-there-yet`, "S-1-5-32-545"} {
		dir := filepath.Join(top, "for "+filepath.Base(account), "data")
		require.NoError(t, EnsureDirFor(dir, account))
		require.DirExists(t, dir)
		require.NoError(t, Writable(dir))
		if !testenv.IsWine() {
			require.NoError(t, EnsureDirFor(dir, account))
			sid, err := winsec.AccountSID(account)
			require.NoError(t, err)
			assert.Contains(t, daclOf(t, dir), "0x1301bf;;;")
			assert.Contains(t, daclOf(t, dir), map[string]string{"S-1-5-19": "LS", "S-1-5-20": "NS", "S-1-5-32-545": "BU"}[sid])
		}
	}
	err := EnsureDirFor(filepath.Join(top, "new"), `.\pathx-nobody`)
	require.ErrorContains(t, err, "there is no account")
	assert.NoDirExists(t, filepath.Join(top, "new"))
	require.ErrorIs(t, EnsureDirFor("", "LocalService"), ErrName)
}
