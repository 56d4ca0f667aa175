package svcx

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/surefoot-go/surefoot/internal/testenv"
	"github.com/surefoot-go/surefoot/svcx/internal/spec"
)

// systemctl runs systemctl and returns its output.
func systemctl(t *testing.T, args ...string) string {
	t.Helper()
	out, err := exec.Command("systemctl", args...).CombinedOutput()
	require.NoError(t, err, "%s", out)
	return strings.TrimSpace(string(out))
}

// unitFile returns where Install writes the unit.
func unitFile(s *Service) string { return "/etc/systemd/system/" + s.Name + ".service" }

// unitHelper returns the test binary as a unit of the given kind, not yet installed.
func unitHelper(t *testing.T, kind string) (s *Service, dir string) {
	t.Helper()
	// Not in /tmp: the helper has a private one.
	dir = filepath.Join("/var/lib", "svcx-"+kind)
	require.NoError(t, os.MkdirAll(dir, 0o755))
	t.Cleanup(func() { assert.NoError(t, os.RemoveAll(dir)) })
	test, err := os.ReadFile("/proc/self/exe")
	require.NoError(t, err)
	exe := filepath.Join(dir, "test")
	require.NoError(t, os.WriteFile(exe, test, 0o755))
	s = &Service{Name: "svcx-" + kind, Executable: exe, Main: func(context.Context) error { return nil }, RestartDelays: []time.Duration{100 * time.Millisecond},
		Env: map[string]string{"GORACE": os.Getenv("GORACE")}, Accept: AcceptReload, Args: []string{"service:" + kind, "svcx-" + kind, dir}}
	t.Cleanup(func() {
		if err := s.Uninstall(context.Background()); !errors.Is(err, ErrNotInstalled) {
			assert.NoError(t, err)
		}
	})
	return s, dir
}

// TestSystemd runs the test binary as units of a systemd that is PID 1.
func TestSystemd(t *testing.T) {
	if !testenv.InSystemd(t) {
		return
	}
	prop := func(s *Service, name string) string {
		out, err := exec.Command("systemctl", "show", s.Name, "--value", "--property="+name).Output()
		require.NoError(t, err)
		return strings.TrimSpace(string(out))
	}
	t.Run("life", func(t *testing.T) {
		s, dir := unitHelper(t, "slow")
		_, err := s.Status(t.Context())
		require.ErrorIs(t, err, ErrNotInstalled)
		require.ErrorIs(t, s.Uninstall(t.Context()), ErrNotInstalled)
		changed, err := s.Converge(t.Context())
		require.NoError(t, err)
		assert.Equal(t, []string{"created", "enabled"}, changed)
		changed, err = s.Converge(t.Context())
		require.NoError(t, err)
		assert.Empty(t, changed)
		assert.Equal(t, Status{State: Stopped}, state(t, s))

		started := make(chan error, 1)
		go func() { started <- s.Start(t.Context()) }()
		seen := waitFile(t, dir, "started")
		assert.True(t, strings.HasPrefix(seen, "systemd\n"+filepath.Dir(s.mustExecutable(t))+"\n"), seen)
		assert.Equal(t, StartPending, state(t, s).State, "active only after Ready")
		eventually(t, "the status line", func() bool { return prop(s, "StatusText") == "waiting for the test" })
		leave(dir, "go", "")
		require.NoError(t, <-started)
		assert.Equal(t, Running, state(t, s).State)
		assert.ErrorIs(t, s.Start(t.Context()), ErrAlreadyRunning)

		out, err := exec.Command("systemctl", "reload", s.Name).CombinedOutput()
		require.NoError(t, err, "%s", out)
		waitFile(t, dir, "event-3-0")

		require.NoError(t, s.Stop(t.Context()))
		assert.Equal(t, ErrStopped.Error(), waitFile(t, dir, "cause"))
		assert.Equal(t, Status{State: Stopped}, state(t, s))
		assert.ErrorIs(t, s.Stop(t.Context()), ErrNotRunning)

		s.StopTimeout, s.StartType = 7*time.Second, Manual
		changed, err = s.Converge(t.Context())
		require.NoError(t, err)
		assert.Contains(t, changed, "+ TimeoutStopSec=12")
		assert.Equal(t, "disabled", changed[len(changed)-1])
		require.NoError(t, s.Uninstall(t.Context()))
		_, err = s.Status(t.Context())
		assert.ErrorIs(t, err, ErrNotInstalled)
	})
	t.Run("arguments arrive as given", func(t *testing.T) {
		s, dir := unitHelper(t, "plain")
		words := append(slices.Clone(nastyWords), "%n", "%%", "$HOME ${HOME} $$", ";", `\x20`)
		s.Args = append(append(s.Args, "-word", "$HOME 100%", "run"), words...)
		s.Env["SVCX_WORD"] = `say "hi" 100% $HOME \ ü`
		require.NoError(t, s.Install(t.Context()))
		require.NoError(t, s.Start(t.Context()))
		assert.Equal(t, fmt.Sprintf("systemd\n%s\n$HOME 100%%\n%q%s", filepath.Dir(s.mustExecutable(t)), words, s.Env["SVCX_WORD"]), waitFile(t, dir, "started"))
	})
	t.Run("a failure before it is ready", func(t *testing.T) {
		s, _ := unitHelper(t, "fail")
		s.RestartDelays = []time.Duration{}
		require.NoError(t, s.Install(t.Context()))
		err := s.Start(t.Context())
		assert.ErrorIs(t, err, ErrStartFailed)
		assert.ErrorContains(t, err, "exit code 7")
		assert.Equal(t, Status{State: Stopped, ExitCode: 7}, state(t, s))
	})
	for _, kind := range []string{"failready", "panic", "starve"} {
		t.Run(kind+" is restarted", func(t *testing.T) {
			s, dir := unitHelper(t, kind)
			if kind == "starve" {
				s.Watchdog = time.Second
			}
			require.NoError(t, s.Install(t.Context()))
			s.Start(t.Context()) // may see the service before or after it ended
			waitFile(t, dir, "started")
			require.NoError(t, os.Remove(filepath.Join(dir, "started")))
			waitFile(t, dir, "started")
			assert.NotEqual(t, "0", prop(s, "NRestarts"))
			if kind != "failready" { // the runtime's trace, from crash.log
				assert.Contains(t, waitFile(t, dir, "crash"), map[string]string{"panic": "panic: told to panic", "starve": "SIGABRT"}[kind])
			}
		})
	}
	t.Run("one that hangs is ended", func(t *testing.T) {
		s, dir := unitHelper(t, "hang")
		require.NoError(t, s.Install(t.Context()))
		require.NoError(t, s.Start(t.Context()))
		require.NoError(t, s.Stop(t.Context()))
		st := state(t, s)
		assert.Equal(t, [2]int{int(Stopped), spec.ExitHung}, [2]int{int(st.State), st.ExitCode})
		dump, err := os.ReadFile(filepath.Join(dir, "logs", "crash.log"))
		require.NoError(t, err)
		assert.Contains(t, string(dump), "did not return within 1s")
	})
	t.Run("without rights", func(t *testing.T) {
		s, dir := unitHelper(t, "plain")
		as := func(want int, command string) string {
			cmd := exec.CommandContext(t.Context(), s.mustExecutable(t), "service:plain", s.Name, dir, command)
			cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
			out, err := cmd.CombinedOutput()
			require.Error(t, err)
			assert.Equal(t, want, cmd.ProcessState.ExitCode(), "%s", out)
			return string(out)
		}
		assert.Contains(t, as(spec.ExitDenied, "install"), ": use\n\tsudo "+s.mustExecutable(t)+" install\n")
		as(spec.ExitNotInstalled, "status")
		require.NoError(t, s.Install(t.Context()))
		assert.Equal(t, s.Name+": stopped, last exit code 0, start automatic\n", as(spec.ExitStopped, "status"))
		as(spec.ExitDenied, "start")
		as(spec.ExitDenied, "uninstall")
	})
	t.Run("a user's service", func(t *testing.T) {
		// Does what user@0.service does, without requiring a session.
		runtime := t.TempDir()
		out, err := exec.Command("systemd-run", "--unit=svcx-user", "-pDelegate=yes", "--setenv=XDG_RUNTIME_DIR="+runtime, "--setenv=HOME=/root",
			"/lib/systemd/systemd", "--user").CombinedOutput()
		require.NoError(t, err, "%s", out)
		t.Cleanup(func() { exec.Command("systemctl", "stop", "svcx-user").Run() })
		t.Setenv("XDG_RUNTIME_DIR", runtime)
		eventually(t, "the user's systemd", func() bool { return exec.Command("systemctl", "--user", "show", "--property=Version").Run() == nil })
		s, dir := unitHelper(t, "plain")
		s.User = true
		require.NoError(t, s.Install(t.Context()))
		assert.FileExists(t, "/root/.config/systemd/user/"+s.Name+".service")
		require.NoError(t, s.Start(t.Context()))
		assert.True(t, strings.HasPrefix(waitFile(t, dir, "started"), "systemd\n"))
		assert.Equal(t, Running, state(t, s).State)
		require.NoError(t, s.Restart(t.Context()))
		require.NoError(t, s.Stop(t.Context()))
		require.NoError(t, s.Uninstall(t.Context()))
		assert.NoFileExists(t, "/root/.config/systemd/user/"+s.Name+".service")
	})
	t.Run("a failing hook undoes the installation", func(t *testing.T) {
		s, _ := unitHelper(t, "undo")
		s.OnInstall = func(context.Context) error { return errMain }
		require.ErrorIs(t, s.Install(t.Context()), errMain)
		_, err := s.Status(t.Context())
		assert.ErrorIs(t, err, ErrNotInstalled)
	})
}
