package winsvc

import (
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/surefoot-go/surefoot/svcx/internal/spec"
)

// registration is a service in the registry of a real machine.
type registration struct {
	Name   string
	Values struct {
		DisplayName, ImagePath, ObjectName, Group, FailureActions, FailureCommand string
		Start, Type, ErrorControl, ServiceSidType, PreshutdownTimeout             uint32
		DelayedAutostart, FailureActionsOnNonCrashFailures                        uint32
		DependOnService, RequiredPrivileges                                       []string
	}
}

func registrations(t *testing.T) (list []registration) {
	t.Helper()
	text, err := os.ReadFile("testdata/services.json")
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &list))
	require.NotEmpty(t, list)
	return list
}

// plan returns the plan that readPlan would read.
func (r *registration) plan(t *testing.T) *plan {
	v := r.Values
	p := &plan{
		name: r.Name, display: v.DisplayName, rawDisplay: v.DisplayName, binaryPath: v.ImagePath, account: v.ObjectName,
		kind: v.Type, start: v.Start, errorControl: v.ErrorControl,
		dependencies: v.DependOnService, privileges: v.RequiredPrivileges,
		numbers: [...]uint32{callDelayed: v.DelayedAutostart, callFlag: v.FailureActionsOnNonCrashFailures, callSID: v.ServiceSidType,
			callPreshutdown: v.PreshutdownTimeout},
	}
	if raw, err := hex.DecodeString(v.FailureActions); assert.NoError(t, err) && len(raw) > 20 {
		u32 := func(at int) uint32 { return binary.LittleEndian.Uint32(raw[at:]) }
		p.reset = u32(0)
		for i := range int(u32(12)) {
			if at := 20 + 8*i; at+8 <= len(raw) {
				p.actions = append(p.actions, action{u32(at), u32(at + 4)})
			}
		}
	}
	return p
}

var windowsEnv = map[string]string{"SystemRoot": `C:\Windows`, "systemroot": `C:\Windows`, "ProgramFiles": `C:\Program Files`, "windir": `C:\Windows`}

func getenv(name string) string { return windowsEnv[name] }

// TestRegistrations checks what Install would change in the services of real machines if they were
// its own.
func TestRegistrations(t *testing.T) {
	for _, r := range registrations(t) {
		t.Run(r.Name, func(t *testing.T) {
			old := r.plan(t)
			program := programOf(old.binaryPath, getenv)
			if !strings.HasPrefix(old.binaryPath, `"`) {
				program = expand(strings.TrimSpace(strings.ToLower(old.binaryPath)), func(name string) string { return `C:\Windows` })
				program, _, _ = strings.Cut(program, ".exe")
				program += ".exe"
			}
			assert.True(t, isOurs(old.binaryPath, program, getenv), program)
			assert.False(t, isOurs(old.binaryPath, `C:\Orders\orders.exe`, getenv))
			assert.False(t, isOurs(old.binaryPath, program[:len(program)-5]+".exe", getenv))

			want, err := newPlan(&spec.Spec{Name: r.Name, DisplayName: "Orders", Executable: `C:\Orders\orders.exe`, Account: r.Values.ObjectName,
				StartType: old.startType(), DependsOn: old.dependencies, Privileges: old.privileges, SID: old.sidType(),
				RestartDelays: []time.Duration{time.Second}, RestartReset: time.Hour, StopTimeout: 20 * time.Second})
			require.NoError(t, err)
			want.adopt(old)
			for _, c := range want.changes(old, 0) {
				for _, same := range []string{"account:", "start:", "dependencies:", "privileges:", "SID type:"} {
					assert.False(t, strings.HasPrefix(c.what, same), c.what)
				}
			}
			for _, a := range old.actions {
				if a.kind != actionRestart && a.kind != actionNone {
					assert.Contains(t, want.actions, a, "what others have set stays")
				}
			}
			assert.Equal(t, action{actionRestart, 1000}, want.actions[0])
			assert.Equal(t, uint32(ownProcess), want.kind&^interactive)
			// A second Install finds the registration of the first.
			again := *want
			third, err := newPlan(&spec.Spec{Name: r.Name, DisplayName: "Orders", Executable: `C:\Orders\orders.exe`, Account: r.Values.ObjectName,
				StartType: old.startType(), DependsOn: old.dependencies, Privileges: old.privileges, SID: old.sidType(),
				RestartDelays: []time.Duration{time.Second}, RestartReset: time.Hour, StopTimeout: 20 * time.Second})
			require.NoError(t, err)
			third.adopt(&again)
			assert.Empty(t, third.changes(&again, 0))

			undo := old.raw()
			assert.Equal(t, r.Values.Type, undo.kind, "undo restores the type")
			assert.Equal(t, r.plan(t).actions, undo.actions)
			assert.Equal(t, r.Values.DisplayName, undo.display, "as a resource, not as its text")
		})
	}
}

func TestIsOurs(t *testing.T) {
	for line, want := range map[string]bool{
		`"C:\Program Files\Orders\orders.exe" -listen :80`: true,
		`C:\Program Files\Orders\orders.exe -listen :80`:   true,
		`C:\Program Files\Orders\orders.exe`:               true,
		`"C:\PROGRAM FILES\orders\ORDERS.exe"`:             true,
		`"%ProgramFiles%\Orders\orders.exe" run`:           true,
		`\??\C:\Program Files\Orders\orders.exe`:           true,
		`"C:/Program Files/Orders/orders.exe"`:             true,
		`C:\Program Files\Orders\orders.exe2`:              false,
		`"C:\Program Files\Orders\orders.exe`:              false,
		`C:\Windows\System32\svchost.exe -k netsvcs`:       false,
		`C:\nssm.exe "C:\Program Files\Orders\orders.exe"`: false,
		`%Unknown%\Orders\orders.exe`:                      false,
		``:                                                 false,
		`"C:\Program Files\Orders\orders" run`:             true,
		`C:\Program Files\Orders\orders run`:               true,
		`"C:\Program Files\Orders\orders.exe "`:            true,
		`C:\Program Files\Orders\orders.exe.bak`:           false,
		`C:\Program Files\Orders\orders.exe.exe`:           false,
		`C:\Program Files\Orders\ordersx run`:              false,
		`"C:\Program Files\Orders\orders.exe" "x.exe"`:     true,
		`C:\Program Files\Orders\orders.exe C:\x.exe`:      true,
	} {
		assert.Equal(t, want, isOurs(line, `C:\Program Files\Orders\orders.exe`, getenv), line)
	}
	assert.False(t, isOurs(`C:\Program Files\Orders\orders.exe`, `C:\Program`, getenv), "a part of the path")
	assert.False(t, isOurs(`C:\Program Files\Orders\orders.exe`, `C:\Program.exe`, getenv))
	assert.Equal(t, `C:\Program Files\Orders\orders.exe`, programOf(`C:\Program Files\Orders\orders.exe -listen :80`, getenv))
	assert.True(t, isOurs(`\SystemRoot\system32\x.exe`, `C:\Windows\System32\x.exe`, getenv))
}

// TestActionsAreKept checks that recovery actions other than restarts are kept.
func TestActionsAreKept(t *testing.T) {
	second, command := action{actionRestart, 1000}, action{actionRunCommand, 10_000}
	for _, c := range []struct {
		name            string
		old, want       []action
		delays          []time.Duration
		flag, wantsFlag uint32
	}{
		{"none", nil, []action{second}, []time.Duration{time.Second}, 0, 1},
		{"the same", []action{second}, []action{second}, []time.Duration{time.Second}, 1, 1},
		{"the same and a command", []action{second, command}, []action{second, command}, []time.Duration{time.Second}, 1, 1},
		{"a command first", []action{command, second}, []action{command, second}, []time.Duration{time.Second}, 1, 1},
		{"other delays and a command", []action{command, second}, []action{{actionRestart, 60_000}, command}, []time.Duration{time.Minute}, 1, 1},
		{"it gives up", []action{second, {actionNone, 0}}, []action{second}, []time.Duration{time.Second}, 1, 1},
		{"never, but a reboot", []action{{actionReboot, 60_000}}, []action{{actionReboot, 60_000}}, nil, 1, 1},
		{"never", []action{{actionNone, 0}, {actionNone, 0}}, []action{{actionNone, 0}, {actionNone, 0}}, nil, 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, err := newPlan(&spec.Spec{Name: "x", Executable: `C:\x.exe`, RestartDelays: c.delays})
			require.NoError(t, err)
			p.adopt(&plan{actions: c.old, numbers: [...]uint32{callFlag: c.flag, callPreshutdown: 0}})
			assert.Equal(t, c.want, p.actions)
			assert.Equal(t, c.wantsFlag, p.numbers[callFlag])
		})
	}
}
