package winsec

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
	"github.com/surefoot-go/surefoot/internal/trust"
)

func windowsOwn(t *testing.T, text string) *Descriptor {
	t.Helper()
	sd, err := windows.SecurityDescriptorFromString(text)
	require.NoError(t, err, text)
	d, err := Parse(unsafe.Slice((*byte)(unsafe.Pointer(sd)), sd.Length()))
	require.NoError(t, err, text)
	return d
}

// TestSamplesMatchWindows checks that the system converts the SDDL of each sample to its bytes.
func TestSamplesMatchWindows(t *testing.T) {
	for name, s := range samples(t) {
		want, err := Parse(s.bytes)
		require.NoError(t, err, name)
		assert.Equal(t, want, windowsOwn(t, s.sddl), name)
	}
}

// TestSDDLMatchesWindows checks that the tests parse SDDL as the system does.
func TestSDDLMatchesWindows(t *testing.T) {
	for _, text := range []string{
		"O:BAD:P(A;;FA;;;SY)(A;;FA;;;BA)(A;;0x1200a9;;;BU)", "O:" + alice + "D:P(A;;FA;;;" + alice + ")", "O:WD",
		"O:BAD:P(D;;0x1301bf;;;BU)(A;;0x4;;;LS)", "O:SYD:(A;CI;0x116;;;AU)(A;OICIIO;GA;;;CO)(A;ID;FW;;;WD)(A;ID;FR;;;NS)", "O:BAD:P",
		"O:BA" + DirSDDL([]string{alice}, []string{LocalService}, []string{"AU", Users}),
	} {
		assert.Equal(t, windowsOwn(t, text), sddl(t, text), text)
	}
}

func TestCurrent(t *testing.T) {
	p, err := Current()
	require.NoError(t, err)
	token := windows.GetCurrentProcessToken()
	user, err := token.GetTokenUser()
	require.NoError(t, err)
	assert.Equal(t, user.User.Sid.String(), p.SID)
	assert.True(t, p.Trusts(p.SID))
	if token.IsElevated() {
		assert.True(t, p.Privileged)
	}
	a, err := Machine()
	require.NoError(t, err)
	assert.True(t, a.Trusts(System))
	assert.Equal(t, p.Administrator || p.SID == System, a.Trusts(p.SID))
}

func setSDDL(t *testing.T, path, text string) {
	t.Helper()
	sd, err := windows.GetNamedSecurityInfo(path, windows.SE_FILE_OBJECT, windows.DACL_SECURITY_INFORMATION)
	require.NoError(t, err)
	old, _, err := sd.DACL()
	require.NoError(t, err)
	t.Cleanup(func() {
		windows.SetNamedSecurityInfo(path, windows.SE_FILE_OBJECT, windows.DACL_SECURITY_INFORMATION, nil, nil, old, nil)
	})
	require.NoError(t, Protect(path, text))
}

const (
	closed = "D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;OW)"
	opened = closed + "(A;OICI;FA;;;WD)"
)

func TestCheckFile(t *testing.T) {
	p, err := Current()
	require.NoError(t, err)
	dir := filepath.Join(t.TempDir(), "a b")
	path := filepath.Join(dir, "x.exe")
	require.NoError(t, MakeDir(dir, p.PrivateDirSDDL(false)))
	require.NoError(t, os.WriteFile(path, nil, 0o755))
	require.NoError(t, p.CheckFile(path, ForReading))
	require.NoError(t, p.CheckFile(dir, ForContents))
	assert.ErrorIs(t, p.CheckFile(path+"x", ForReading), os.ErrNotExist)
	assert.ErrorIs(t, MakeDir(dir, p.PrivateDirSDDL(false)), os.ErrExist)

	for _, open := range []string{path, dir} {
		setSDDL(t, open, opened)
		var f *trust.Finding
		require.ErrorAs(t, p.CheckFile(path, ForReading), &f)
		assert.Equal(t, []string{"Everyone (S-1-1-0)"}, f.Who)
		assert.Equal(t, filepath.Base(open), filepath.Base(f.Path))
		setSDDL(t, open, closed)
		require.NoError(t, p.CheckFile(path, ForReading))
	}
	require.NoError(t, IsDir(dir))
	assert.ErrorIs(t, IsDir(path), ErrNotDir)
	assert.ErrorIs(t, IsDir(path+"x"), os.ErrNotExist)
}

func TestCheckWayDetectsReplacement(t *testing.T) {
	p, err := Current()
	require.NoError(t, err)
	dir := t.TempDir()
	one, two := filepath.Join(dir, "one"), filepath.Join(dir, "two")
	require.NoError(t, os.WriteFile(one, nil, 0o644))
	require.NoError(t, os.WriteFile(two, nil, 0o644))
	h, err := open(one, 0)
	require.NoError(t, err)
	defer syscall.CloseHandle(h)
	require.NoError(t, p.CheckWay(h, one))
	assert.ErrorIs(t, p.CheckWay(h, two), trust.ErrExchanged)
	assert.ErrorIs(t, p.CheckWay(h, filepath.Join(dir, "gone")), trust.ErrExchanged)
}

// TestCheckChain checks that each directory on a chain of junctions is checked.
func TestCheckChain(t *testing.T) {
	testenv.NeedWindows(t, "has no mklink")
	p, err := Current()
	require.NoError(t, err)
	top := t.TempDir()
	a, b, c := filepath.Join(top, "a"), filepath.Join(top, "b"), filepath.Join(top, "c")
	for _, dir := range []string{a, b, c} {
		require.NoError(t, os.Mkdir(dir, 0o755))
	}
	require.NoError(t, os.WriteFile(filepath.Join(c, "x"), nil, 0o644))
	for link, target := range map[string]string{filepath.Join(a, "l"): filepath.Join(b, "l"), filepath.Join(b, "l"): c} {
		out, err := exec.CommandContext(t.Context(), "cmd", "/c", "mklink", "/J", link, target).CombinedOutput()
		require.NoError(t, err, "%s", out)
	}
	path := filepath.Join(a, "l", "x")
	require.NoError(t, p.CheckFile(path, ForReading))
	for _, dir := range []string{a, b, c, filepath.Join(b, "l")} {
		setSDDL(t, dir, opened)
		assert.Error(t, p.CheckFile(path, ForReading), dir)
		setSDDL(t, dir, closed)
	}
}
