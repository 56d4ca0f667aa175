package svcx

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// openrcFaults are subtests of TestOpenRC, for faults found under a real OpenRC.
func openrcFaults(t *testing.T) {
	t.Run("one that is never restarted runs, from a path with blanks", func(t *testing.T) {
		s, dir := unitHelper(t, "plain")
		real := s.Executable
		s.Executable = filepath.Join(dir, "it's my program")
		require.NoError(t, os.Rename(real, s.Executable))
		s.RestartDelays = []time.Duration{}
		require.NoError(t, s.Install(t.Context()))
		require.NoError(t, s.Start(t.Context()))
		assert.True(t, strings.HasPrefix(waitFile(t, dir, "started"), "OpenRC\n"))
		require.NoError(t, s.Restart(t.Context()))
		pid := state(t, s).PID
		require.NoError(t, s.Stop(t.Context()))
		_, err := os.Stat(filepath.Join("/proc", strconv.Itoa(pid), "exe"))
		assert.Error(t, err, "it has ended")
		assert.Equal(t, Stopped, state(t, s).State)
	})
	t.Run("one that has ended can be uninstalled", func(t *testing.T) {
		s, _ := unitHelper(t, "fail")
		s.RestartDelays = []time.Duration{}
		require.NoError(t, s.Install(t.Context()))
		require.ErrorIs(t, s.Start(t.Context()), ErrStartFailed)
		var log bytes.Buffer
		require.NoError(t, s.printLogs(t.Context(), &log))
		assert.Contains(t, log.String(), "told to fail")
		require.NoError(t, s.Uninstall(t.Context()))
	})
	t.Run("an upgrade that fails lets the dependents run again", func(t *testing.T) {
		first, dir := unitHelper(t, "plain")
		second, _ := unitHelper(t, "feeds")
		third, _ := unitHelper(t, "stubborn")
		second.DependsOn = []string{first.Name}
		third.DependsOn = []string{first.Name} // third remains stopped
		for _, s := range []*Service{first, second, third} {
			require.NoError(t, s.Install(t.Context()))
		}
		require.NoError(t, second.Start(t.Context()))
		good, err := os.ReadFile("/bin/true") // passes the check, but never becomes ready
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(dir, "new"), good, 0o755))
		require.ErrorIs(t, first.Upgrade(t.Context(), filepath.Join(dir, "new")), ErrStartFailed)
		assert.Equal(t, Running, state(t, first).State)
		eventually(t, "the dependent", func() bool { return state(t, second).State == Running })
		assert.Equal(t, Stopped, state(t, third).State)
		require.NoError(t, second.Uninstall(t.Context()))
	})
	t.Run("another account, and another directory", func(t *testing.T) {
		s, dir := unitHelper(t, "plain")
		s.LogDir = filepath.Join(dir, "a  b", "c", "logs")
		require.NoError(t, s.Install(t.Context()))
		require.NoError(t, s.Start(t.Context()))
		assert.FileExists(t, filepath.Join(s.LogDir, "output.log"))
		require.NoError(t, s.Stop(t.Context()))
		require.NoError(t, os.Remove(filepath.Join(dir, "started")))
		require.NoError(t, os.Chmod(dir, 0o777)) // the helper writes there
		s.Account = "nobody"                     // by now, root owns the logs
		require.NoError(t, s.Install(t.Context()))
		require.NoError(t, s.Start(t.Context()))
		waitFile(t, dir, "started")
	})
	t.Run("white space and patterns arrive as given", func(t *testing.T) {
		for _, delays := range [][]time.Duration{nil, {}} { // supervise-daemon, start-stop-daemon
			s, dir := unitHelper(t, "plain")
			words := []string{"a  b", "\t", " ", "   x   ", "a\tb", "/*", "[a-z]", "?", "*", "$svcx_1", "'a  b'"}
			s.RestartDelays = delays
			s.Dir = filepath.Join(dir, "d  \t*")
			require.NoError(t, os.MkdirAll(s.Dir, 0o755))
			s.Args = append(append(s.Args, "run", "--"), words...)
			odd := map[string]string{}
			if delays == nil { // Debian's start-stop-daemon has no option to set environment variables
				odd = map[string]string{"PATH": "/opt/bin", "command": "a  b", "umask": "x", "chroot": "y", "directory": "$HOME", "IFS": ",", "http_proxy": "http://p/?a=1&b"}
			}
			maps.Copy(s.Env, odd)
			require.NoError(t, s.Install(t.Context()))
			require.NoError(t, s.Start(t.Context()))
			text := string(mustRead(t, fmt.Sprintf("/proc/%d/environ", state(t, s).PID)))
			for name, value := range odd {
				assert.Contains(t, strings.Split(text, "\x00"), name+"="+value)
			}
			assert.Equal(t, fmt.Sprintf("OpenRC\n%s\n\n%q", s.Dir, words), waitFile(t, dir, "started"))
			require.NoError(t, s.Uninstall(t.Context()))
			require.NoError(t, os.Remove(filepath.Join(dir, "started")))
		}
	})
	t.Run("an administrator's runlevel", func(t *testing.T) {
		s, _ := unitHelper(t, "plain")
		require.NoError(t, s.Install(t.Context()))
		require.NoError(t, os.MkdirAll("/etc/runlevels/boot", 0o755))
		out, err := exec.Command("rc-update", "add", s.Name, "boot").CombinedOutput()
		require.NoError(t, err, "%s", out)
		require.NoError(t, s.Uninstall(t.Context()))
		left, err := filepath.Glob("/etc/runlevels/*/" + s.Name)
		require.NoError(t, err)
		assert.Empty(t, left)
	})
}
