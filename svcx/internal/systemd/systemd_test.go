package systemd

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/surefoot-go/surefoot/svcx/internal/spec"
)

// systemctlFake is a fake systemctl whose commands can fail.
type systemctlFake struct {
	show  string
	calls []string
	fail  string
	call  func(command string) // called before each command; may be nil
}

func (f *systemctlFake) run(_ context.Context, args ...string) (string, error) {
	args = slices.DeleteFunc(slices.Clone(args), func(arg string) bool { return strings.HasPrefix(arg, "--") })
	if args[0] == "show" {
		return f.show, nil
	}
	f.calls = append(f.calls, strings.Join(args, " "))
	if f.call != nil {
		f.call(args[0])
	}
	if args[0] == f.fail {
		return "", errors.New("systemctl: exit status 1")
	}
	return "", nil
}

var errHook = errors.New("the hook failed")

func newSystemd(t *testing.T, f *systemctlFake) (*Backend, *spec.Spec) {
	return &Backend{root: true, dir: t.TempDir(), run: f.run, write: os.WriteFile}, &spec.Spec{Name: "x", DisplayName: "x", Executable: "/bin/x", Account: "nobody"}
}

func TestSystemdInstallUndoes(t *testing.T) {
	for _, old := range []string{"", "[Service]\nExecStart=/bin/x -old\n"} {
		f := &systemctlFake{show: "LoadState=loaded\nUnitFileState=disabled\n", fail: "enable"}
		m, s := newSystemd(t, f)
		if old != "" {
			require.NoError(t, os.WriteFile(m.file(s), []byte(old), 0o644))
		}
		var loaded string
		f.call = func(command string) {
			if command == "daemon-reload" {
				text, _ := os.ReadFile(m.file(s))
				loaded = string(text)
			}
		}
		_, err := m.Install(t.Context(), s)
		require.Error(t, err)
		assert.Equal(t, old, loaded, "systemd must have the old file again, too")
		assert.Equal(t, []string{"daemon-reload", "enable x.service", "daemon-reload"}, f.calls)
		if text, _ := os.ReadFile(m.file(s)); old != "" {
			assert.Equal(t, old, string(text))
		} else {
			assert.NoFileExists(t, m.file(s))
		}
		left, err := filepath.Glob(filepath.Join(m.dir, ".*"))
		require.NoError(t, err)
		assert.Empty(t, left)
	}

	f := &systemctlFake{show: "LoadState=loaded\nUnitFileState=enabled\n"}
	m, s := newSystemd(t, f)
	s.StartType = spec.Manual
	s.AfterInstall = func(context.Context) error { return errHook }
	_, err := m.Install(t.Context(), s)
	require.ErrorIs(t, err, errHook)
	assert.Equal(t, []string{"daemon-reload", "disable x.service", "daemon-reload", "enable x.service"}, f.calls, "enable needs the old file")
}

func TestSystemdDenied(t *testing.T) {
	f := &systemctlFake{show: "LoadState=loaded\nActiveState=inactive\n", fail: "start"}
	m, s := newSystemd(t, f)
	m.root = false
	_, err := m.Install(t.Context(), s)
	assert.ErrorIs(t, err, spec.ErrAccessDenied)
	assert.ErrorIs(t, m.Uninstall(t.Context(), s), spec.ErrAccessDenied)
	assert.ErrorIs(t, m.Start(t.Context(), s), spec.ErrAccessDenied)
	_, err = m.Status(t.Context(), s)
	assert.NoError(t, err, "status needs no rights")
	m.root = true
	assert.ErrorIs(t, m.Start(t.Context(), s), spec.ErrStartFailed)
	f.show = "nonsense"
	assert.Error(t, m.Start(t.Context(), s))
}

func TestSystemdStatus(t *testing.T) {
	for name, c := range map[string]struct {
		props map[string]string
		want  spec.Status
		none  bool
	}{
		"not there":  {map[string]string{"LoadState": "not-found"}, spec.Status{}, true},
		"running":    {map[string]string{"ActiveState": "active", "MainPID": "42", "UnitFileState": "enabled"}, spec.Status{State: spec.Running, PID: 42}, false},
		"reloading":  {map[string]string{"ActiveState": "reloading", "UnitFileState": "enabled"}, spec.Status{State: spec.Running}, false},
		"starting":   {map[string]string{"ActiveState": "activating", "UnitFileState": "disabled"}, spec.Status{State: spec.StartPending, Start: spec.Manual}, false},
		"stopping":   {map[string]string{"ActiveState": "deactivating", "UnitFileState": "static"}, spec.Status{State: spec.StopPending, Start: spec.Manual}, false},
		"failed":     {map[string]string{"ActiveState": "failed", "ExecMainCode": "1", "ExecMainStatus": "7", "UnitFileState": "enabled"}, spec.Status{State: spec.Stopped, ExitCode: 7}, false},
		"killed":     {map[string]string{"ActiveState": "failed", "ExecMainCode": "2", "ExecMainStatus": "9", "UnitFileState": "enabled"}, spec.Status{State: spec.Stopped, ExitCode: 137}, false},
		"never runs": {map[string]string{"ActiveState": "inactive", "RefuseManualStart": "yes"}, spec.Status{State: spec.Stopped, Start: spec.Disabled}, false},
	} {
		t.Run(name, func(t *testing.T) {
			got, ok := statusOf(c.props)
			assert.Equal(t, !c.none, ok)
			assert.Equal(t, c.want, got)
		})
	}
}

// TestInstallChecksTrust checks that nothing is written for a program that another account could
// replace.
func TestInstallChecksTrust(t *testing.T) {
	f := &systemctlFake{show: "LoadState=not-found\n"}
	m, s := newSystemd(t, f)
	s.Trust = func(exe string) error { return errHook }
	_, err := m.Install(t.Context(), s)
	require.ErrorIs(t, err, errHook)
	assert.NoFileExists(t, m.file(s))
	assert.Empty(t, f.calls)
}

// TestUnreachableBus covers the error of systemctl --user after sudo.
func TestUnreachableBus(t *testing.T) {
	m, s := newSystemd(t, nil)
	m.root, m.user = false, true
	m.run = func(context.Context, ...string) (string, error) {
		return "", errors.New("systemctl: exit status 1: Failed to connect to bus: No medium found")
	}
	for _, err := range []error{m.Start(t.Context(), s), m.Uninstall(t.Context(), s)} {
		assert.ErrorContains(t, err, "the user's systemd can't be reached, as after sudo")
	}
}

// TestIsOurs checks how the owner of a unit file is determined.
func TestIsOurs(t *testing.T) {
	text, err := Render(&spec.Spec{Name: "x", Executable: "/opt/My App/x", RestartDelays: nil})
	require.NoError(t, err)
	assert.True(t, isOurs(text, "x", "/elsewhere/x"), "Install has written it")
	for unit, want := range map[string]bool{
		"ExecStart=/usr/bin/x":                true,
		"ExecStart=/usr/bin/x -v":             true,
		"ExecStart = -/usr/bin/x -v":          true,
		"ExecStart=\"/usr/bin/x\" -v":         true,
		"ExecStart=/usr/bin/xx":               false,
		"ExecStart=/bin/sh -c /usr/bin/x":     false,
		"ExecStartPre=/usr/bin/x\nExecStart=": false,
		"":                                    false,
	} {
		assert.Equal(t, want, isOurs([]byte("[Service]\n"+unit+"\n"), "x", "/usr/bin/x"), unit)
	}
	assert.Equal(t, "/opt/My App/x", programOf("{ path=/opt/My App/x ; argv[]=/opt/My App/x -v ; ignore_errors=no }"))
}
