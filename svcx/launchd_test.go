package svcx

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// launchdFake is a launchd that knows one job.
type launchdFake struct {
	loaded, running bool
	calls           []string
	fail            string // the command that fails
}

func (f *launchdFake) run(_ context.Context, args ...string) (string, error) {
	if args[0] != "print" {
		f.calls = append(f.calls, strings.Join(args, " "))
	}
	if args[0] == f.fail {
		return "", errors.New("launchctl: exit status 5")
	}
	switch args[0] {
	case "bootstrap":
		f.loaded = true
	case "kickstart":
		f.running = true
	case "bootout":
		f.loaded, f.running = false, false
	case "print":
		if !f.loaded {
			return "", errors.New("launchctl: exit status 113")
		}
		if !f.running {
			return "system/orders = {\n\tstate = not running\n\tlast exit code = 78: EX_CONFIG\n}\n", nil
		}
		return "system/orders = {\n\tstate = running\n\tpid = 42\n}\n", nil
	}
	return "", nil
}

func newLaunchd(t *testing.T, f *launchdFake) launchd {
	dir := t.TempDir()
	exe := filepath.ToSlash(filepath.Join(dir, "orders"))
	require.NoError(t, os.WriteFile(exe, nil, 0o755))
	return launchd{service: &Service{Name: "orders", Executable: exe, LogDir: dir, User: true}, dir: filepath.Join(dir, "agents"), domain: "gui/501", run: f.run, getenv: os.Getenv}
}

func TestLaunchdLife(t *testing.T) {
	if filepath.Separator != '/' {
		t.Skip("launchd's paths begin with a slash")
	}
	f := &launchdFake{}
	m := newLaunchd(t, f)
	ctx := t.Context()
	_, err := m.status(ctx)
	require.ErrorIs(t, err, ErrNotInstalled)
	require.ErrorIs(t, m.start(ctx), ErrNotInstalled)
	require.ErrorIs(t, m.uninstall(ctx), ErrNotInstalled)

	changed, err := m.install(ctx, m.service.Executable)
	require.NoError(t, err)
	assert.Equal(t, []string{"created"}, changed)
	changed, err = m.install(ctx, m.service.Executable)
	require.NoError(t, err)
	assert.Empty(t, changed)
	require.ErrorIs(t, m.stop(ctx), ErrNotRunning)

	require.NoError(t, m.start(ctx))
	st, err := m.status(ctx)
	require.NoError(t, err)
	assert.Equal(t, Status{State: Running, PID: 42}, st)
	require.ErrorIs(t, m.start(ctx), ErrAlreadyRunning)
	f.running = false
	st, err = m.status(ctx)
	require.NoError(t, err)
	assert.Equal(t, Status{State: Stopped, ExitCode: 78}, st)
	require.NoError(t, m.stop(ctx))
	require.NoError(t, m.uninstall(ctx))
	assert.NoFileExists(t, m.file())
	assert.Equal(t, []string{"bootstrap gui/501 " + m.file(), "kickstart gui/501/orders", "bootout gui/501/orders"}, f.calls)
}

func TestLaunchdFailures(t *testing.T) {
	if filepath.Separator != '/' {
		t.Skip("launchd's paths begin with a slash")
	}
	f := &launchdFake{fail: "kickstart"}
	m := newLaunchd(t, f)
	m.service.OnInstall = func(context.Context) error { return errMain }
	_, err := m.install(t.Context(), m.service.Executable)
	require.ErrorIs(t, err, errMain)
	assert.NoFileExists(t, m.file(), "the hook's failure undoes it")

	m.service.LogDir = filepath.Join(m.dir, "logs")
	_, err = m.install(t.Context(), m.service.Executable)
	require.ErrorIs(t, err, errMain)
	assert.NoDirExists(t, m.service.LogDir)

	m.service.OnInstall = nil
	_, err = m.install(t.Context(), m.service.Executable)
	require.NoError(t, err)
	require.ErrorIs(t, m.start(t.Context()), ErrStartFailed)

	m.service.User = false // and not root
	_, err = m.install(t.Context(), m.service.Executable)
	require.ErrorIs(t, err, ErrAccessDenied)
	require.ErrorIs(t, m.stop(t.Context()), ErrAccessDenied)
}

func TestLaunchdContext(t *testing.T) {
	if filepath.Separator != '/' {
		t.Skip("launchd's paths begin with a slash")
	}
	f := &launchdFake{}
	m := newLaunchd(t, f)
	_, err := m.install(t.Context(), m.service.Executable)
	require.NoError(t, err)
	require.NoError(t, m.start(t.Context()))
	ctx, cancel := context.WithCancel(t.Context())
	m.run = func(ctx context.Context, args ...string) (string, error) {
		if args[0] == "bootout" { // it begins to stop, and then the caller has no more time
			cancel()
		}
		if ctx.Err() != nil {
			return "", errors.New("launchctl: signal: killed")
		}
		return f.run(ctx, args...)
	}
	require.ErrorIs(t, m.uninstall(ctx), context.Canceled)
	assert.FileExists(t, m.file(), "it may still run")
	_, err = m.status(ctx)
	assert.ErrorIs(t, err, context.Canceled)
	assert.ErrorIs(t, m.stop(ctx), context.Canceled)
}

func TestLaunchdGivesTheLogsToTheAccount(t *testing.T) {
	if filepath.Separator != '/' {
		t.Skip("launchd's paths begin with a slash")
	}
	m := newLaunchd(t, &launchdFake{})
	m.service.User, m.root = false, true
	m.service.Account = "orders"
	var given []string
	m.give = func(dir, account string) error { given = append(given, dir, account); return nil }
	_, err := m.install(t.Context(), m.service.Executable)
	require.NoError(t, err)
	assert.Equal(t, []string{m.service.LogDir, "orders"}, given)
}

func TestLaunchdStatus(t *testing.T) {
	out, err := os.ReadFile("testdata/launchctl-print.txt")
	require.NoError(t, err)
	assert.Equal(t, Status{State: Running, PID: 611, ExitCode: 1}, launchdStatus(string(out)))
	assert.Equal(t, Status{State: Stopped}, launchdStatus(""))
	assert.Equal(t, Status{State: Stopped}, launchdStatus("system/x = {\n\tstate = waiting\n\tlast exit code = (never exited)\n}"))
}

func TestLaunchdStart(t *testing.T) {
	for _, start := range []StartType{Automatic, Manual, Disabled} {
		plist, err := (&Service{Name: "x", Executable: "/bin/x", StartType: start}).Render(Launchd)
		require.NoError(t, err)
		assert.Equal(t, start, launchdStart(string(plist)))
	}
}
