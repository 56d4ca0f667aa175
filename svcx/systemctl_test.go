package svcx

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
)

// systemctlFake is a systemd in which commands can fail.
type systemctlFake struct {
	show  string
	calls []string
	fail  string
	call  func(command string) // before each command; may be nil
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

func newSystemd(t *testing.T, f *systemctlFake) systemd {
	dir := t.TempDir()
	return systemd{service: &Service{Name: "x", Account: "nobody"}, root: true, dir: dir, run: f.run}
}

func TestSystemdInstallUndoes(t *testing.T) {
	for _, old := range []string{"", "[Service]\nExecStart=/bin/old\n"} {
		f := &systemctlFake{show: "LoadState=loaded\nUnitFileState=disabled\n", fail: "enable"}
		m := newSystemd(t, f)
		if old != "" {
			require.NoError(t, os.WriteFile(m.file(), []byte(old), 0o644))
		}
		var loaded string
		f.call = func(command string) {
			if command == "daemon-reload" {
				text, _ := os.ReadFile(m.file())
				loaded = string(text)
			}
		}
		_, err := m.install(t.Context(), "/bin/x")
		require.Error(t, err)
		assert.Equal(t, old, loaded, "systemd must have the old file again, too")
		assert.Equal(t, []string{"daemon-reload", "enable x.service", "daemon-reload"}, f.calls)
		if text, _ := os.ReadFile(m.file()); old != "" {
			assert.Equal(t, old, string(text))
		} else {
			assert.NoFileExists(t, m.file())
		}
		left, err := filepath.Glob(filepath.Join(m.dir, ".svcx-*"))
		require.NoError(t, err)
		assert.Empty(t, left)
	}

	f := &systemctlFake{show: "LoadState=loaded\nUnitFileState=enabled\n"}
	m := newSystemd(t, f)
	m.service.StartType = Manual
	m.service.OnInstall = func(context.Context) error { return errMain }
	_, err := m.install(t.Context(), "/bin/x")
	require.ErrorIs(t, err, errMain)
	assert.Equal(t, []string{"daemon-reload", "disable x.service", "enable x.service", "daemon-reload"}, f.calls)
}

func TestSystemdDenied(t *testing.T) {
	f := &systemctlFake{show: "LoadState=loaded\nActiveState=inactive\n", fail: "start"}
	m := newSystemd(t, f)
	m.root = false
	_, err := m.install(t.Context(), "/bin/x")
	assert.ErrorIs(t, err, ErrAccessDenied)
	assert.ErrorIs(t, m.uninstall(t.Context()), ErrAccessDenied)
	assert.ErrorIs(t, m.start(t.Context()), ErrAccessDenied)
	_, err = m.status(t.Context())
	assert.NoError(t, err, "status needs no rights")
	m.root = true
	assert.ErrorIs(t, m.start(t.Context()), ErrStartFailed)
	f.show = "nonsense"
	assert.Error(t, m.start(t.Context()))
}

func TestSystemdStatus(t *testing.T) {
	for name, c := range map[string]struct {
		props map[string]string
		want  Status
		none  bool
	}{
		"not there":  {map[string]string{"LoadState": "not-found"}, Status{}, true},
		"running":    {map[string]string{"ActiveState": "active", "MainPID": "42", "UnitFileState": "enabled"}, Status{State: Running, PID: 42}, false},
		"reloading":  {map[string]string{"ActiveState": "reloading", "UnitFileState": "enabled"}, Status{State: Running}, false},
		"starting":   {map[string]string{"ActiveState": "activating", "UnitFileState": "disabled"}, Status{State: StartPending, Start: Manual}, false},
		"stopping":   {map[string]string{"ActiveState": "deactivating", "UnitFileState": "static"}, Status{State: StopPending, Start: Manual}, false},
		"failed":     {map[string]string{"ActiveState": "failed", "ExecMainCode": "1", "ExecMainStatus": "7", "UnitFileState": "enabled"}, Status{State: Stopped, ExitCode: 7}, false},
		"killed":     {map[string]string{"ActiveState": "failed", "ExecMainCode": "2", "ExecMainStatus": "9", "UnitFileState": "enabled"}, Status{State: Stopped, ExitCode: 137}, false},
		"never runs": {map[string]string{"ActiveState": "inactive", "RefuseManualStart": "yes"}, Status{State: Stopped, Start: Disabled}, false},
	} {
		t.Run(name, func(t *testing.T) {
			got, ok := systemdStatus(c.props)
			assert.Equal(t, !c.none, ok)
			assert.Equal(t, c.want, got)
		})
	}
}

func TestChangedLines(t *testing.T) {
	assert.Empty(t, changedLines("a\n", "a\n"))
	assert.Equal(t, []string{"created"}, changedLines("", "a\n"))
	assert.Equal(t, []string{"- b", "+ c"}, changedLines("a\nb\n", "a\nc\n"))
	assert.Equal(t, []string{"lines moved"}, changedLines("a\nb\n", "b\na\n"))
}
