package openrc

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/surefoot-go/surefoot/svcx/internal/spec"
)

// fake is a fake OpenRC with one service.
type fake struct {
	calls []string
	code  int    // exit code of status
	fail  string // the call to fail
}

func (f *fake) run(_ context.Context, program string, args ...string) (int, string, error) {
	call := program + " " + strings.Join(args, " ")
	if strings.HasSuffix(call, " status") {
		return f.code, "", nil
	}
	f.calls = append(f.calls, call)
	if call == f.fail {
		return 1, " * ERROR", nil
	}
	return 0, "", nil
}

func newBackend(t *testing.T, f *fake) (*Backend, *spec.Spec) {
	dir := t.TempDir()
	return &Backend{root: true, scripts: filepath.Join(dir, "init.d"), runlevel: "default", state: filepath.Join(dir, "openrc"), run: f.run, write: os.WriteFile, alive: func(int) bool { return true }},
		&spec.Spec{Name: "x", DisplayName: "x", Executable: "/opt/My App/it's x", StopTimeout: time.Second, RestartDelays: []time.Duration{time.Second}}
}

func TestInstall(t *testing.T) {
	f := &fake{code: 3, fail: "rc-update add x default"}
	m, s := newBackend(t, f)
	_, err := m.Status(t.Context(), s)
	require.ErrorIs(t, err, spec.ErrNotInstalled)
	_, err = m.Install(t.Context(), s)
	require.ErrorContains(t, err, "exit code 1")
	assert.NoFileExists(t, m.file(s), "undone")

	f.fail = ""
	changed, err := m.Install(t.Context(), s)
	require.NoError(t, err)
	assert.Equal(t, []spec.Change{"created", "enabled"}, changed)
	program, err := m.Program(t.Context(), s)
	require.NoError(t, err)
	assert.Equal(t, s.Executable, program)
	s.Executable = "/elsewhere/x"
	_, err = m.Install(t.Context(), s)
	require.NoError(t, err, "Install has written it")
	require.ErrorIs(t, m.Stop(t.Context(), s), spec.ErrNotRunning)

	m.root = false
	_, err = m.Install(t.Context(), s)
	assert.ErrorIs(t, err, spec.ErrAccessDenied)
	assert.ErrorIs(t, m.Start(t.Context(), s), spec.ErrAccessDenied)
	assert.ErrorIs(t, m.Uninstall(t.Context(), s), spec.ErrAccessDenied)
	m.root = true
	s.AfterInstall = func(context.Context) error { return errors.New("the hook failed") }
	_, err = m.Install(t.Context(), s)
	assert.ErrorContains(t, err, "the hook failed")
	require.NoError(t, m.Uninstall(t.Context(), s))
	assert.NoFileExists(t, m.file(s))
}

func TestForeign(t *testing.T) {
	m, s := newBackend(t, &fake{})
	require.NoError(t, os.MkdirAll(m.scripts, 0o755))
	for text, want := range map[string]error{
		"#!/sbin/openrc-run\ncommand=/usr/bin/y\n":                     spec.ErrForeign,
		"#!/sbin/openrc-run\nstart() {\n":                              spec.ErrForeign,
		"#!/sbin/openrc-run\ncommand=\"'/opt/My App/it'\\\\''s x'\"\n": nil,
		"#!/sbin/openrc-run\n" + mark + "\ncommand=/usr/bin/y\n":       nil,
	} {
		require.NoError(t, os.WriteFile(m.file(s), []byte(text), 0o755))
		assert.Equal(t, want != nil, errors.Is(m.owned(s), spec.ErrForeign), text)
		s.Force = true
		assert.NoError(t, m.owned(s))
		s.Force = false
	}
}

func TestStatus(t *testing.T) {
	f := &fake{}
	m, s := newBackend(t, f)
	_, err := m.Install(t.Context(), s)
	require.NoError(t, err)
	st, err := m.Status(t.Context(), s)
	require.NoError(t, err)
	assert.Equal(t, spec.StartPending, st.State, "its supervisor has no process yet")
	require.NoError(t, os.MkdirAll(filepath.Join(m.state, "options", "x"), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(m.state, "options", "x", "child_pid"), []byte("42\n"), 0o644))
	for code, want := range map[int]spec.State{0: spec.Running, 3: spec.Stopped, 4: spec.StopPending, 8: spec.StartPending, 16: spec.StartPending, 32: spec.Stopped, 64: spec.Stopped} {
		f.code = code
		st, err := m.Status(t.Context(), s)
		require.NoError(t, err)
		assert.Equal(t, want, st.State, "%d", code)
		assert.Equal(t, spec.Manual, st.Start)
	}
	f.code = 0
	st, err = m.Status(t.Context(), s)
	require.NoError(t, err)
	assert.Equal(t, 42, st.PID)
	m.alive = func(int) bool { return false }
	st, err = m.Status(t.Context(), s)
	require.NoError(t, err)
	assert.Equal(t, spec.Status{State: spec.StartPending, Start: spec.Manual}, st, "its supervisor starts it again")
}

// TestStartGivesUp: since 0.60, OpenRC waits forever for a service that ends before it is ready.
func TestStartGivesUp(t *testing.T) {
	capBefore, patienceBefore := startCap, patience
	t.Cleanup(func() { startCap, patience = capBefore, patienceBefore })
	for _, c := range []struct {
		name, err string
		limit     time.Duration
		pid       func(n int) int // the process ID for the n-th read
	}{
		{"no process", "not over after 300ms", 300 * time.Millisecond, func(int) int { return 0 }},
		{"it has ended", "it has ended before it was ready", time.Minute, func(int) int { return 7 }},
		{"again and again", "it ends repeatedly", time.Minute, func(n int) int { return 7 + n }},
	} {
		t.Run(c.name, func(t *testing.T) {
			startCap, patience = c.limit, 100*time.Millisecond
			f := &fake{code: 3}
			m, s := newBackend(t, f)
			_, err := m.Install(t.Context(), s)
			require.NoError(t, err)
			reads, supervisor := 0, 42
			m.alive = func(pid int) bool {
				if pid == 42 {
					return supervisor != 0
				}
				reads++
				require.NoError(t, os.WriteFile(m.pidFile(s, true), []byte(strconv.Itoa(c.pid(reads))), 0o600))
				return false
			}
			require.NoError(t, os.MkdirAll(filepath.Dir(m.pidFile(s, true)), 0o755))
			m.signal = func(pid int, _ syscall.Signal) error {
				assert.Equal(t, 42, pid)
				supervisor = 0
				return nil
			}
			require.NoError(t, os.WriteFile(m.pidFile(s, false), []byte("42"), 0o600))
			m.run = func(ctx context.Context, program string, args ...string) (int, string, error) {
				if args[len(args)-1] == "start" {
					if first := c.pid(0); first != 0 {
						require.NoError(t, os.WriteFile(m.pidFile(s, true), []byte(strconv.Itoa(first)), 0o600))
					}
					<-ctx.Done()
					return 0, "", context.Cause(ctx)
				}
				return f.run(ctx, program, args...)
			}
			err = m.Start(t.Context(), s)
			require.ErrorIs(t, err, spec.ErrStartFailed)
			assert.ErrorContains(t, err, c.err)
			assert.Zero(t, supervisor, "it is ended, too")
		})
	}
}
