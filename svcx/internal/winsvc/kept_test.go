package winsvc

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/surefoot-go/surefoot/svcx/internal/spec"
)

// TestDelayedFlag: Windows keeps the flag for a manually started service (such as BITS). It takes
// effect again once the service is automatic.
func TestDelayedFlag(t *testing.T) {
	for _, c := range []struct {
		old, now spec.StartType
		flag     uint32
		want     []change
	}{
		{spec.Manual, spec.Automatic, 1, []change{{callChange, "start: manual -> automatic"}, {callDelayed, "delayed: true -> false"}}},
		{spec.Disabled, spec.DelayedAutomatic, 1, []change{{callChange, "start: disabled -> automatic"}}},
		{spec.DelayedAutomatic, spec.Manual, 1, []change{{callChange, "start: automatic -> manual"}, {callDelayed, "delayed: true -> false"}}},
		{spec.Automatic, spec.DelayedAutomatic, 0, []change{{callDelayed, "delayed: false -> true"}}},
		{spec.Manual, spec.Manual, 1, nil},
		{spec.Manual, spec.Disabled, 1, []change{{callChange, "start: manual -> disabled"}}},
	} {
		old, err := newPlan(&spec.Spec{Name: "x", Executable: `C:\x.exe`, StartType: c.old})
		require.NoError(t, err)
		old.numbers[callDelayed] = c.flag
		now, err := newPlan(&spec.Spec{Name: "x", Executable: `C:\x.exe`, StartType: c.now})
		require.NoError(t, err)
		now.adopt(old)
		assert.Equal(t, c.want, now.changes(old, 0), "%v -> %v", c.old, c.now)
		assert.Equal(t, c.flag, old.raw().numbers[callDelayed], "undo")
	}
}

// TestInteractive: Windows allows interactive services for LocalSystem only.
func TestInteractive(t *testing.T) {
	for account, want := range map[string]uint32{"": 0x110, `.\LocalSystem`: 0x110, "LocalService": 0x10, `CORP\ann`: 0x10} {
		p, err := newPlan(&spec.Spec{Name: "x", Executable: `C:\x.exe`, Account: account})
		require.NoError(t, err)
		p.adopt(&plan{kind: 0x110})
		assert.Equal(t, want, p.kind, account)
	}
}

// TestShownTexts: Windows returns texts with resources resolved and variables expanded; the
// registry has the original texts.
func TestShownTexts(t *testing.T) {
	s := &spec.Spec{Name: "x", Executable: `C:\x.exe`, DisplayName: `@%ProgramFiles%\x.dll,-1`, Description: `@%ProgramFiles%\x.dll,-2`}
	old, err := newPlan(s)
	require.NoError(t, err)
	old.display, old.rawDisplay = "Bestellungen", s.DisplayName
	old.description, old.rawDescription = "Nimmt Bestellungen an", s.Description
	now, err := newPlan(s)
	require.NoError(t, err)
	assert.Empty(t, now.changes(old, 0), "it is as it should be")

	old.binaryPath, old.rawPath = `C:\Windows\System32\x.exe -k`, `%SystemRoot%\System32\x.exe -k`
	assert.Equal(t, `%SystemRoot%\System32\x.exe -k`, old.raw().binaryPath, "undo")
	assert.Equal(t, s.DisplayName, old.raw().display)
	assert.Equal(t, s.Description, old.raw().description)
}

// TestResetIsKept checks that a service without restarts keeps the reset period of the actions that
// another program registered.
func TestResetIsKept(t *testing.T) {
	const infinite = 1<<32 - 1 // seconds
	old := &plan{binaryPath: `"C:\x.exe"`, account: "LocalSystem", actions: []action{{actionRunCommand, 1000}}, reset: infinite,
		kind: ownProcess, start: autoStart}
	p, err := newPlan(&spec.Spec{Name: "x", Executable: `C:\x.exe`, RestartReset: 24 * time.Hour})
	require.NoError(t, err)
	p.adopt(old)
	old.numbers[callPreshutdown] = p.numbers[callPreshutdown]
	assert.Empty(t, p.changes(old, 0))
}

func TestNamesOfDevices(t *testing.T) {
	for _, name := range []string{"NUL", "con", "nul.txt", "COM1", "LPT¹", "a\tb", "a\x01", "a:b", "a.", "a?"} {
		assert.ErrorContains(t, check(&spec.Spec{Name: name, Executable: `C:\x.exe`}), "service name", name)
	}
	for _, name := range []string{"console", "null", "COM", "a.nul", "ü 中文", "100%"} {
		assert.NoError(t, check(&spec.Spec{Name: name, Executable: `C:\x.exe`}), name)
	}
}

func TestDriveOf(t *testing.T) {
	for arg, want := range map[string]string{
		`H:\orders.json`: "H:", `-config=H:\orders.json`: "H:", `--config=h:/orders.json`: "h:",
		"-config": "", "-listen=:80": "", "H:": "", "a=H:\\x": "", `\\server\share`: "", "": "", "-": "",
	} {
		assert.Equal(t, want, driveOf(arg), arg)
	}
}

// TestSameAccount: the SCM may store a local user under a different spelling than the one passed to
// it.
func TestSameAccount(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{`.\ann`, `MYPC\ann`, true}, {"ann", `mypc\Ann`, true}, {`CORP\ann`, `.\ann`, false}, {`MYPC2\ann`, `.\ann`, false},
		{"", "localSystem", true}, {`NT AUTHORITY\Local Service`, "LocalService", true}, {`NT Authority\NetworkService`, "S-1-5-20", true},
		{`NT SERVICE\x`, `nt service\X`, true}, {`CORP\x$`, `CORP\x`, false},
	} {
		assert.Equal(t, c.want, sameAccount(c.a, c.b, "MYPC"), "%s and %s", c.a, c.b)
		assert.Equal(t, c.want, sameAccount(c.b, c.a, "MYPC"))
	}
	assert.False(t, sameAccount(`MYPC\ann`, `.\ann`, ""))
}
