package svcx

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/surefoot-go/surefoot/internal/testenv"
)

// TestSystemdFaults covers faults found under a real systemd.
func TestSystemdFaults(t *testing.T) {
	if !testenv.InSystemd(t) {
		return
	}
	prop := func(t *testing.T, s *Service, name string) string {
		return systemctl(t, "show", s.Name, "--value", "--property="+name)
	}

	t.Run("behind a shell", func(t *testing.T) {
		s, dir := unitHelper(t, "slow")
		leave(dir, "go", "")
		unit, err := s.Render(Systemd)
		require.NoError(t, err)
		text := strings.Replace(string(unit), "ExecStart="+s.Executable, `ExecStart=/bin/sh -c '"$$@"; true' sh `+s.Executable, 1)
		text = strings.Replace(text, "Type=notify\n", "Type=notify\nNotifyAccess=all\nTimeoutStartSec=10\n", 1)
		require.NoError(t, os.WriteFile(unitFile(s), []byte(text), 0o644))
		systemctl(t, "daemon-reload")
		require.NoError(t, s.Start(t.Context()))
		assert.Equal(t, Running, state(t, s).State)
	})
	t.Run("work that is short", func(t *testing.T) {
		s, dir := unitHelper(t, "short")
		require.NoError(t, s.Install(t.Context()))
		require.NoError(t, s.Start(t.Context()))
		waitFile(t, dir, "started")
		eventually(t, "the end", func() bool { return prop(t, s, "ActiveState") == "inactive" })
		assert.Equal(t, "success", prop(t, s, "Result"))
		assert.Equal(t, "0", prop(t, s, "NRestarts"))
	})
	t.Run("an error after a stop is no failure", func(t *testing.T) {
		s, dir := unitHelper(t, "failstop")
		require.NoError(t, s.Install(t.Context()))
		require.NoError(t, s.Start(t.Context()))
		waitFile(t, dir, "ready")
		require.NoError(t, s.Stop(t.Context()))
		assert.Equal(t, "inactive", prop(t, s, "ActiveState"))
		assert.Equal(t, Status{State: Stopped}, state(t, s))
		exec.Command("journalctl", "--sync").Run()
		var log bytes.Buffer
		require.NoError(t, s.printLogs(t.Context(), &log))
		assert.Contains(t, log.String(), "told to fail after a stop")
	})
	t.Run("a start that hangs", func(t *testing.T) {
		s, dir := unitHelper(t, "hangstart")
		s.RestartDelays = []time.Duration{}
		require.NoError(t, s.Install(t.Context()))
		err := s.Start(t.Context())
		require.ErrorIs(t, err, ErrStartFailed)
		assert.ErrorContains(t, err, "exit code 124")
		dump, err := os.ReadFile(filepath.Join(dir, "logs", "crash.log"))
		require.NoError(t, err)
		assert.Contains(t, string(dump), "was not ready within 1s")
	})
	t.Run("dependents run again", func(t *testing.T) {
		first, _ := unitHelper(t, "plain")
		second, dir := unitHelper(t, "slow")
		leave(dir, "go", "")
		second.DependsOn = []string{first.Name}
		require.NoError(t, first.Install(t.Context()))
		require.NoError(t, second.Install(t.Context()))
		require.NoError(t, second.Start(t.Context()))
		require.NoError(t, first.Restart(t.Context()))
		assert.Equal(t, Running, state(t, first).State)
		assert.Equal(t, Running, state(t, second).State)
		require.NoError(t, second.Uninstall(t.Context()))
	})
	for name, path := range map[string]string{"another's unit": "/etc/systemd/system", "a package's unit": "/usr/lib/systemd/system"} {
		t.Run(name, func(t *testing.T) {
			s, _ := unitHelper(t, "plain")
			theirs := filepath.Join(path, s.Name+".service")
			const text = "[Service]\nExecStart=/bin/sleep 60\n"
			require.NoError(t, os.WriteFile(theirs, []byte(text), 0o644))
			systemctl(t, "daemon-reload")
			t.Cleanup(func() { os.Remove(theirs); exec.Command("systemctl", "daemon-reload").Run() })
			require.ErrorIs(t, s.Install(t.Context()), ErrForeign)
			require.ErrorIs(t, s.Uninstall(t.Context()), ErrForeign)
			now, err := os.ReadFile(theirs)
			require.NoError(t, err)
			assert.Equal(t, text, string(now))
			if path == "/usr/lib/systemd/system" {
				assert.NoFileExists(t, unitFile(s))
			}
			s.Force = true
			require.NoError(t, s.Install(t.Context()))
			assert.Contains(t, prop(t, s, "ExecStart"), s.Executable)
			if err := s.Uninstall(t.Context()); path == "/usr/lib/systemd/system" {
				assert.ErrorContains(t, err, "systemd still has it from ")
			} else {
				assert.NoError(t, err)
			}
			assert.NoFileExists(t, unitFile(s))
			require.NoError(t, os.RemoveAll(theirs))
			systemctl(t, "daemon-reload")
		})
	}
	t.Run("a masked unit", func(t *testing.T) {
		s, _ := unitHelper(t, "plain")
		systemctl(t, "mask", s.Name)
		t.Cleanup(func() { exec.Command("systemctl", "unmask", s.Name).Run() })
		for _, err := range []error{s.Install(t.Context()), s.Uninstall(t.Context())} {
			assert.ErrorContains(t, err, "systemctl unmask "+s.Name)
		}
		target, err := os.Readlink(unitFile(s))
		require.NoError(t, err)
		assert.Equal(t, "/dev/null", target)
		systemctl(t, "unmask", s.Name)
	})
	t.Run("upgrade", func(t *testing.T) {
		s, dir, write := upgraded(t)
		hangs := write("hangs", `[ "$SVCX_CHECK" ] || sleep 100`)
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		require.Error(t, s.Upgrade(ctx, hangs))
		assert.Equal(t, Running, state(t, s).State)
		assert.Contains(t, string(mustRead(t, s.Executable)), "# two")
		// The service is killed as soon as it is ready: systemd starts it again, but the new
		// program has not proved itself.
		old := state(t, s).PID
		go func() {
			for st, err := s.Status(t.Context()); err == nil && (st.State != Running || st.PID == old); st, err = s.Status(t.Context()) {
				time.Sleep(5 * time.Millisecond)
			}
			exec.Command("systemctl", "kill", "--signal=KILL", s.Name).Run()
		}()
		require.Error(t, s.Upgrade(t.Context(), write("three", "# three")))
		assert.Contains(t, string(mustRead(t, s.Executable)), "# two")
		assert.Equal(t, Running, state(t, s).State)
		left, err := filepath.Glob(filepath.Join(dir, "*.svcx-*"))
		require.NoError(t, err)
		assert.Empty(t, left)
	})
}

// upgraded starts a service, upgrades it, and checks that upgrading to a program that does not run
// fails. write creates a further program.
func upgraded(t *testing.T) (s *Service, dir string, write func(name, text string) string) {
	t.Helper()
	s, dir = unitHelper(t, "slow")
	leave(dir, "go", "")
	real := s.Executable
	write = func(name, text string) string {
		name = filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(name, []byte("#!/bin/sh\n"+text+"\nexec "+real+` "$@"`+"\n"), 0o755))
		return name
	}
	s.Executable = write("orders", "# one")
	require.NoError(t, s.Install(t.Context()))
	require.NoError(t, s.Start(t.Context()))
	require.NoError(t, s.Upgrade(t.Context(), write("new", "# two")))
	assert.Equal(t, Running, state(t, s).State)
	assert.Contains(t, string(mustRead(t, s.Executable)), "# two")

	err := s.Upgrade(t.Context(), write("bad", `[ "$SVCX_CHECK" ] || { echo no such table; exit 3; }`))
	require.ErrorIs(t, err, ErrStartFailed)
	assert.ErrorContains(t, err, "no such table")
	assert.ErrorContains(t, err, "the old program runs again")
	assert.Equal(t, Running, state(t, s).State)
	assert.Contains(t, string(mustRead(t, s.Executable)), "# two")
	return s, dir, write
}
