package pathx

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/windows"

	"github.com/surefoot-go/surefoot/internal/testenv"
)

func TestTrustDACL(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, file)
	require.NoError(t, os.WriteFile(path, nil, 0o644))
	f := Finder{App: app, Flag: path, Trust: TrustAlways}
	open := func() error {
		file, err := f.Open()
		if err == nil {
			file.Close()
		}
		return err
	}
	require.NoError(t, open())

	setSDDL(t, path, "D:P(A;;FA;;;SY)(A;;FA;;;OW)(A;;FA;;;WD)")
	var untrusted *UntrustedError
	require.ErrorAs(t, open(), &untrusted)
	assert.Equal(t, path, untrusted.Path)
	assert.Equal(t, []string{"Everyone (S-1-1-0)"}, untrusted.Who)
	assert.Equal(t, `icacls "`+path+`" /remove:g *S-1-1-0`, untrusted.Fix)
	f.Trust = TrustNone
	require.NoError(t, open())

	f.Trust = TrustAlways
	setSDDL(t, path, "D:P(A;;FA;;;SY)(A;;FA;;;OW)(A;;FR;;;WD)")
	require.NoError(t, open())
	setSDDL(t, dir, "D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;OW)(A;OICI;FA;;;WD)")
	require.ErrorAs(t, open(), &untrusted)
	want, err := os.Stat(dir)
	require.NoError(t, err)
	got, err := os.Stat(untrusted.Path) // the long form of a path such as C:\Users\RUNNER~1
	require.NoError(t, err)
	assert.True(t, os.SameFile(want, got), untrusted.Path)
}

// An account that can swap a junction chooses the file behind it.
func TestTrustJunction(t *testing.T) {
	testenv.NeedWindows(t, "has no mklink")
	top := t.TempDir()
	target, open := filepath.Join(top, "target"), filepath.Join(top, "open")
	require.NoError(t, os.Mkdir(target, 0o755))
	require.NoError(t, os.Mkdir(open, 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(target, file), nil, 0o644))
	junction := filepath.Join(open, "junction")
	out, err := exec.Command("cmd", "/c", "mklink", "/J", junction, target).CombinedOutput()
	require.NoError(t, err, "%s", out)

	f := Finder{App: app, Flag: filepath.Join(junction, file), Trust: TrustAlways}
	got, err := f.Open()
	require.NoError(t, err)
	require.NoError(t, got.Close())
	setSDDL(t, open, "D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;OW)(A;;FA;;;WD)")
	_, err = f.Open()
	require.ErrorIs(t, err, ErrUntrusted)
}

func TestTrustFixWorks(t *testing.T) {
	testenv.NeedWindows(t, "has an icacls that does nothing")
	path := filepath.Join(t.TempDir(), file)
	require.NoError(t, os.WriteFile(path, nil, 0o644))
	setSDDL(t, path, "D:(A;;FA;;;SY)(A;;FA;;;OW)(A;;FA;;;WD)(A;ID;FA;;;BU)")
	f := Finder{App: app, Flag: path, Trust: TrustAlways}
	_, err := f.Open()
	var untrusted *UntrustedError
	require.ErrorAs(t, err, &untrusted)
	out, err := exec.Command("powershell", "-NoProfile", "-Command", untrusted.Fix).CombinedOutput()
	require.NoError(t, err, "%s", out)
	file, err := f.Open()
	require.NoError(t, err)
	require.NoError(t, file.Close())
}

func TestKnownFolders(t *testing.T) {
	f := knownFolders()
	require.NoError(t, f.machineErr)
	assert.True(t, strings.EqualFold(os.Getenv("ProgramData"), f.programData), f.programData)
	if f.service != "" {
		t.Skip("a service account has no user places")
	}
	require.NoError(t, f.userErr)
	assert.True(t, strings.EqualFold(os.Getenv("APPDATA"), f.roaming), f.roaming)
	assert.True(t, strings.EqualFold(os.Getenv("LOCALAPPDATA"), f.local), f.local)
}

// A process that has loaded these is not notified of a logoff or shutdown.
func TestDoesNotLoadUser32(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "private")
	require.NoError(t, EnsureDir(dir, true))
	require.NoError(t, WriteFile(filepath.Join(dir, file), nil, 0o600))
	f, err := Finder{App: app, Flag: filepath.Join(dir, file), Trust: TrustAlways}.Open()
	require.NoError(t, err)
	require.NoError(t, f.Close())
	_, err = DirsOf(app)
	require.NoError(t, err)
	for _, dll := range []string{"user32.dll", "shell32.dll", "gdi32.dll"} {
		name, err := windows.UTF16PtrFromString(dll)
		require.NoError(t, err)
		var h windows.Handle
		assert.Error(t, windows.GetModuleHandleEx(0, name, &h), "%s is loaded", dll)
	}
}
