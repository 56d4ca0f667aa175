package svcx

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/surefoot-go/surefoot/internal/testenv"
)

// TestSystemdUnits covers units changed by an administrator, and units that systemd rejects.
func TestSystemdUnits(t *testing.T) {
	if !testenv.InSystemd(t) {
		return
	}
	enabled := func(s *Service) string {
		out, _ := exec.Command("systemctl", "is-enabled", s.Name).Output() // fails for a unit that is not enabled
		return strings.TrimSpace(string(out))
	}

	t.Run("an upgrade that fails lets the dependents run again", func(t *testing.T) {
		first, dir := unitHelper(t, "plain")
		first.Executable = filepath.Join(dir, "orders")
		real := mustRead(t, filepath.Join(dir, "test"))
		require.NoError(t, os.WriteFile(first.Executable, real, 0o755))
		names := []string{}
		unit := func(name, text string) {
			names = append(names, name)
			path := "/etc/systemd/system/" + name + ".service"
			require.NoError(t, os.WriteFile(path, []byte("[Unit]\n"+text+"\n[Service]\nExecStart=/bin/sleep 1000\n"), 0o644))
			t.Cleanup(func() { exec.Command("systemctl", "stop", name).Run(); os.Remove(path) })
		}
		require.NoError(t, first.Install(t.Context()))
		for _, kind := range []string{"Requires", "BindsTo", "PartOf", "Requisite"} {
			unit("svcx-"+kind, kind+"="+first.Name+".service\nAfter="+first.Name+".service")
		}
		unit("svcx-chain", "Requires=svcx-Requires.service\nAfter=svcx-Requires.service")
		unit("svcx-stopped", "Requires="+first.Name+".service\nAfter="+first.Name+".service")
		systemctl(t, "daemon-reload")
		require.NoError(t, first.Start(t.Context()))
		systemctl(t, append([]string{"start"}, names[:len(names)-1]...)...)
		good, err := os.ReadFile("/bin/true") // passes the check, but never becomes ready
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(dir, "new"), good, 0o755))
		err = first.Upgrade(t.Context(), filepath.Join(dir, "new"))
		require.ErrorIs(t, err, ErrStartFailed)
		assert.NotContains(t, err.Error(), "it wrote", "it has written nothing")
		for _, name := range names {
			out, _ := exec.Command("systemctl", "is-active", name).Output()
			want := "active"
			if name == "svcx-stopped" {
				want = "inactive"
			}
			assert.Equal(t, want, strings.TrimSpace(string(out)), name)
		}
	})
	t.Run("a failing hook lets the unit start at boot as before", func(t *testing.T) {
		s, _ := unitHelper(t, "undo")
		require.NoError(t, s.Install(t.Context()))
		s.StartType = Manual
		s.OnInstall = func(context.Context) error { return errMain }
		require.ErrorIs(t, s.Install(t.Context()), errMain)
		assert.Equal(t, "enabled", enabled(s))
		assert.Equal(t, Automatic, state(t, s).Start)
	})
	t.Run("another's unit that starts with another target", func(t *testing.T) {
		s, _ := unitHelper(t, "plain")
		const theirs = "[Service]\nExecStart=/bin/sleep 60\n[Install]\nWantedBy=rescue.target\nAlias=svcx-alias.service\n"
		require.NoError(t, os.WriteFile(unitFile(s), []byte(theirs), 0o644))
		systemctl(t, "enable", s.Name)
		links := func() (there []string) {
			for _, name := range []string{"multi-user.target.wants/" + s.Name, "rescue.target.wants/" + s.Name, "svcx-alias"} {
				if _, err := os.Lstat("/etc/systemd/system/" + name + ".service"); err == nil {
					there = append(there, name)
				}
			}
			return there
		}
		s.Force = true
		before := links()
		s.OnInstall = func(context.Context) error { return errMain }
		require.ErrorIs(t, s.Install(t.Context()), errMain)
		assert.Equal(t, before, links())
		s.OnInstall = nil
		require.NoError(t, s.Install(t.Context()))
		assert.Equal(t, []string{"multi-user.target.wants/" + s.Name}, links())
	})
	t.Run("a unit that is masked until the next boot", func(t *testing.T) {
		s, _ := unitHelper(t, "plain")
		s.OnUninstall = func(context.Context) error { assert.Fail(t, "it changes nothing"); return nil }
		systemctl(t, "mask", "--runtime", s.Name)
		const hint = "systemctl unmask --runtime svcx-plain.service"
		assert.ErrorContains(t, s.Install(t.Context()), hint)
		assert.ErrorContains(t, s.Uninstall(t.Context()), hint)
		systemctl(t, strings.Fields(hint)[1:]...)
		s.OnUninstall = nil
		require.NoError(t, s.Install(t.Context()))
	})
	t.Run("a unit that systemd can't load", func(t *testing.T) {
		s, _ := unitHelper(t, "plain")
		for _, line := range []string{"ExecStart=", "[Service", "User=007"} {
			s.Unit = []string{line}
			assert.ErrorContains(t, s.Install(t.Context()), "systemd can't load the unit", line)
			assert.NoFileExists(t, unitFile(s))
			assert.Equal(t, "not-found", systemctl(t, "show", s.Name, "--value", "--property=LoadState"))
		}
		s.Unit = nil
		require.NoError(t, s.Install(t.Context()))
		text := strings.Replace(string(mustRead(t, unitFile(s))), "Type=notify", "Type=none", 1)
		require.NoError(t, os.WriteFile(unitFile(s), []byte(text), 0o644))
		systemctl(t, "daemon-reload")
		require.NoError(t, s.Uninstall(t.Context()))
		assert.NoFileExists(t, unitFile(s))
	})
	t.Run("a start that is refused has no exit code", func(t *testing.T) {
		s, _ := unitHelper(t, "failready")
		s.RestartDelays = []time.Duration{}
		require.NoError(t, s.Install(t.Context()))
		s.Start(t.Context()) // may see the service before or after it ended
		eventually(t, "its end", func() bool { return state(t, s).State == Stopped })
		require.Equal(t, 9, state(t, s).ExitCode)
		s.DependsOn = []string{"svcx-nowhere"}
		require.NoError(t, s.Install(t.Context()))
		err := s.Start(t.Context())
		assert.ErrorContains(t, err, "svcx-nowhere.service not found")
	})
	t.Run("names that are patterns", func(t *testing.T) {
		s, _ := unitHelper(t, "plain")
		require.NoError(t, s.Install(t.Context()))
		require.NoError(t, s.Start(t.Context()))
		for _, name := range []string{"svcx-*", "svcx-plai?", "svcx-[p]lain", "--no-block"} {
			pattern := *s
			pattern.Name = name
			for _, err := range []error{pattern.Stop(t.Context()), pattern.Uninstall(t.Context()), pattern.Install(t.Context())} {
				assert.ErrorContains(t, err, "systemd takes letters", name)
			}
		}
		assert.Equal(t, Running, state(t, s).State)
	})
	t.Run("paths arrive as given", func(t *testing.T) {
		for _, name := range []string{"$$", "${HOME}", "a b$${X}%h", "$HOME"} {
			s, dir := unitHelper(t, "plain")
			real := s.Executable
			s.Executable = filepath.Join(dir, name, "p")
			require.NoError(t, os.Mkdir(filepath.Join(dir, name), 0o755))
			require.NoError(t, os.Rename(real, s.Executable))
			require.NoError(t, s.Install(t.Context()))
			require.NoError(t, s.Start(t.Context()), name)
			line := mustRead(t, filepath.Join("/proc", strconv.Itoa(state(t, s).PID), "cmdline"))
			assert.Equal(t, s.Executable, strings.Split(string(line), "\x00")[0])
			wd, err := os.Readlink(filepath.Join("/proc", strconv.Itoa(state(t, s).PID), "cwd"))
			require.NoError(t, err)
			assert.Equal(t, filepath.Dir(s.Executable), wd)
			require.NoError(t, s.Uninstall(t.Context()))
		}
	})
	t.Run("the longest name", func(t *testing.T) {
		s, _ := unitHelper(t, "plain")
		s.Name = strings.Repeat("n", 190)
		s.Args[1] = s.Name
		require.NoError(t, s.Install(t.Context()))
		require.NoError(t, s.Start(t.Context()))
		require.NoError(t, s.Uninstall(t.Context()))
	})
}
