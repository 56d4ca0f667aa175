package launchd

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/surefoot-go/surefoot/svcx/internal/spec"
)

// launchdFake is a fake launchd with one job.
type launchdFake struct {
	loaded, running bool
	calls           []string
	fail            string // the command to fail
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

var errHook = errors.New("the hook failed")

func newLaunchd(t *testing.T, f *launchdFake) (*Backend, *spec.Spec) {
	dir := t.TempDir()
	exe := filepath.ToSlash(filepath.Join(dir, "orders"))
	require.NoError(t, os.WriteFile(exe, nil, 0o755))
	return &Backend{user: true, dir: filepath.Join(dir, "agents"), domain: "gui/501", run: f.run, write: os.WriteFile, getenv: os.Getenv},
		&spec.Spec{Name: "orders", Executable: exe, LogDir: dir, User: true}
}

func TestLaunchdLife(t *testing.T) {
	if filepath.Separator != '/' {
		t.Skip("launchd's paths begin with a slash")
	}
	f := &launchdFake{}
	m, s := newLaunchd(t, f)
	ctx := t.Context()
	_, err := m.Status(ctx, s)
	require.ErrorIs(t, err, spec.ErrNotInstalled)
	require.ErrorIs(t, m.Start(ctx, s), spec.ErrNotInstalled)
	require.ErrorIs(t, m.Uninstall(ctx, s), spec.ErrNotInstalled)

	changed, err := m.Install(ctx, s)
	require.NoError(t, err)
	assert.Equal(t, []spec.Change{"created"}, changed)
	changed, err = m.Install(ctx, s)
	require.NoError(t, err)
	assert.Empty(t, changed)
	require.ErrorIs(t, m.Stop(ctx, s), spec.ErrNotRunning)

	require.NoError(t, m.Start(ctx, s))
	st, err := m.Status(ctx, s)
	require.NoError(t, err)
	assert.Equal(t, spec.Status{State: spec.Running, PID: 42}, st)
	require.ErrorIs(t, m.Start(ctx, s), spec.ErrAlreadyRunning)
	f.running = false
	st, err = m.Status(ctx, s)
	require.NoError(t, err)
	assert.Equal(t, spec.Status{State: spec.Stopped, ExitCode: 78}, st)
	require.NoError(t, m.Stop(ctx, s))
	require.NoError(t, m.Uninstall(ctx, s))
	assert.NoFileExists(t, m.file(s))
	assert.Equal(t, []string{"bootstrap gui/501 " + m.file(s), "kickstart gui/501/orders", "bootout gui/501/orders"}, f.calls)
}

func TestLaunchdFailures(t *testing.T) {
	if filepath.Separator != '/' {
		t.Skip("launchd's paths begin with a slash")
	}
	f := &launchdFake{fail: "kickstart"}
	m, s := newLaunchd(t, f)
	s.AfterInstall = func(context.Context) error { return errHook }
	_, err := m.Install(t.Context(), s)
	require.ErrorIs(t, err, errHook)
	assert.NoFileExists(t, m.file(s), "the hook's failure undoes it")

	s.LogDir = filepath.Join(m.dir, "logs")
	_, err = m.Install(t.Context(), s)
	require.ErrorIs(t, err, errHook)
	assert.NoDirExists(t, s.LogDir)

	s.AfterInstall = nil
	_, err = m.Install(t.Context(), s)
	require.NoError(t, err)
	require.ErrorIs(t, m.Start(t.Context(), s), spec.ErrStartFailed)

	s.User, m.user = false, false // neither a user's agent nor root
	_, err = m.Install(t.Context(), s)
	require.ErrorIs(t, err, spec.ErrAccessDenied)
	require.ErrorIs(t, m.Stop(t.Context(), s), spec.ErrAccessDenied)
}

func TestLaunchdContext(t *testing.T) {
	if filepath.Separator != '/' {
		t.Skip("launchd's paths begin with a slash")
	}
	f := &launchdFake{}
	m, s := newLaunchd(t, f)
	_, err := m.Install(t.Context(), s)
	require.NoError(t, err)
	require.NoError(t, m.Start(t.Context(), s))
	ctx, cancel := context.WithCancel(t.Context())
	m.run = func(ctx context.Context, args ...string) (string, error) {
		if args[0] == "bootout" { // the job begins to stop, and then the caller's context is cancelled
			cancel()
		}
		if ctx.Err() != nil {
			return "", errors.New("launchctl: signal: killed")
		}
		return f.run(ctx, args...)
	}
	require.ErrorIs(t, m.Uninstall(ctx, s), context.Canceled)
	assert.FileExists(t, m.file(s), "it may still run")
	_, err = m.Status(ctx, s)
	assert.ErrorIs(t, err, context.Canceled)
	assert.ErrorIs(t, m.Stop(ctx, s), context.Canceled)
}

func TestLaunchdLogsBelongToAccount(t *testing.T) {
	if filepath.Separator != '/' {
		t.Skip("launchd's paths begin with a slash")
	}
	m, s := newLaunchd(t, &launchdFake{})
	s.User, m.user, m.root = false, false, true
	s.Account = "orders"
	var given []string
	m.give = func(dir, account string) error { given = append(given, dir, account); return nil }
	_, err := m.Install(t.Context(), s)
	require.NoError(t, err)
	assert.Equal(t, []string{s.LogDir, "orders"}, given)
}

func TestLaunchdStatus(t *testing.T) {
	out, err := os.ReadFile("testdata/launchctl-print.txt")
	require.NoError(t, err)
	assert.Equal(t, spec.Status{State: spec.Running, PID: 611, ExitCode: 1}, statusOf(string(out)))
	assert.Equal(t, spec.Status{State: spec.Stopped}, statusOf(""))
	assert.Equal(t, spec.Status{State: spec.Stopped}, statusOf("system/x = {\n\tstate = waiting\n\tlast exit code = (never exited)\n}"))
}

func TestLaunchdStart(t *testing.T) {
	for _, start := range []spec.StartType{spec.Automatic, spec.Manual, spec.Disabled} {
		plist, err := Render(&spec.Spec{Name: "x", Executable: "/bin/x", StartType: start}, os.Getenv)
		require.NoError(t, err)
		assert.Equal(t, start, startTypeOf(string(plist)))
	}
}

// coded is an error of launchctl with an exit code.
type coded int

func (c coded) Error() string { return "launchctl: exit status" }
func (c coded) ExitCode() int { return int(c) }

// refusing returns a run function in which a command fails with a code the given number of times.
func refusing(f *launchdFake, command string, code, times int) func(context.Context, ...string) (string, error) {
	return func(ctx context.Context, args ...string) (string, error) {
		if args[0] == command && times > 0 {
			times--
			return "", coded(code)
		}
		return f.run(ctx, args...)
	}
}

// TestLaunchdRetries checks that commands that launchd temporarily rejects are retried.
func TestLaunchdRetries(t *testing.T) {
	if filepath.Separator != '/' {
		t.Skip("launchd's paths begin with a slash")
	}
	before := retryFor
	t.Cleanup(func() { retryFor = before })
	for _, c := range []struct {
		command string
		code    int
	}{{"bootstrap", 5}, {"bootstrap", 37}, {"kickstart", 37}} {
		retryFor = 10 * time.Second
		f := &launchdFake{}
		m, s := newLaunchd(t, f)
		_, err := m.Install(t.Context(), s)
		require.NoError(t, err)
		m.run = refusing(f, c.command, c.code, 2)
		require.NoError(t, m.Start(t.Context(), s), "%v", c)

		retryFor = 100 * time.Millisecond
		f.loaded, f.running = false, false
		m.run = refusing(f, c.command, c.code, 1000)
		require.Error(t, m.Start(t.Context(), s), "%v", c)
	}
	f := &launchdFake{}
	m, s := newLaunchd(t, f)
	_, err := m.Install(t.Context(), s)
	require.NoError(t, err)
	m.run = refusing(f, "bootstrap", 125, 1)
	assert.ErrorContains(t, m.Start(t.Context(), s), "an agent needs a session at the screen")
	m.run = refusing(f, "bootstrap", 5, 1000)
	assert.ErrorContains(t, m.Start(t.Context(), s), "launchctl enable gui/501/orders")

	m.run = f.run
	require.NoError(t, m.Start(t.Context(), s))
	require.NoError(t, m.Restart(t.Context(), s))
	assert.Equal(t, "kickstart gui/501/orders", f.calls[len(f.calls)-1])
}

// TestLaunchdForeign checks that another program's job is not changed.
func TestLaunchdForeign(t *testing.T) {
	if filepath.Separator != '/' {
		t.Skip("launchd's paths begin with a slash")
	}
	m, s := newLaunchd(t, &launchdFake{})
	_, err := m.Install(t.Context(), s)
	require.NoError(t, err)
	s.Executable += "-2"
	_, err = m.Install(t.Context(), s)
	require.NoError(t, err, "Install has written it")
	program, err := m.Program(t.Context(), s)
	require.NoError(t, err)
	assert.Equal(t, s.Executable, program)

	theirs := []byte("<plist><dict><key>ProgramArguments</key><array><string>/bin/a &amp; b</string></array></dict></plist>")
	require.NoError(t, os.WriteFile(m.file(s), theirs, 0o644))
	_, err = m.Install(t.Context(), s)
	require.ErrorIs(t, err, spec.ErrForeign)
	require.ErrorIs(t, m.Uninstall(t.Context(), s), spec.ErrForeign)
	s.Executable = "/bin/a & b"
	require.NoError(t, m.Uninstall(t.Context(), s), "it runs our program")
}
