package svcx

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/surefoot-go/surefoot/internal/testenv"
	"golang.org/x/sys/unix"
)

// enterOpenRC moves this process into a system with OpenRC: an in-memory copy of Debian's root with
// the package openrc.
func enterOpenRC(t *testing.T) {
	t.Helper()
	cache, err := os.UserCacheDir()
	require.NoError(t, err)
	lower := cmp.Or(os.Getenv("SUREFOOT_SYSTEMD_ROOT"), filepath.Join(cache, "surefoot", "systemd-root"))
	rc := cmp.Or(os.Getenv("SUREFOOT_OPENRC_ROOT"), filepath.Join(cache, "surefoot", "openrc"))
	for _, dir := range []string{lower, rc} {
		if _, err := os.Stat(dir); err != nil {
			t.Skipf("needs .ci/systemd-setup and .ci/openrc-setup: %v", err)
		}
	}
	top := t.TempDir()
	require.NoError(t, unix.Mount("none", top, "tmpfs", 0, ""))
	root := filepath.Join(top, "root")
	for _, dir := range []string{"upper", "work", "root"} {
		require.NoError(t, os.Mkdir(filepath.Join(top, dir), 0o755))
	}
	options := "lowerdir=" + lower + ",upperdir=" + filepath.Join(top, "upper") + ",workdir=" + filepath.Join(top, "work")
	if err := unix.Mount("overlay", root, "overlay", 0, options); err != nil {
		t.Skipf("can't lay one file system over another: %v", err)
	}
	out, err := exec.Command("cp", "-a", rc+"/.", root).CombinedOutput()
	if err != nil { // a file may replace a link to a directory
		out, err = exec.Command("sh", "-c", `cd "$1" && tar c . | tar xC "$2" --keep-directory-symlink`, "sh", rc, root).CombinedOutput()
	}
	require.NoError(t, err, "%s", out)
	require.NoError(t, unix.Mount("proc", filepath.Join(root, "proc"), "proc", 0, ""))
	require.NoError(t, unix.Mount("/dev", filepath.Join(root, "dev"), "", unix.MS_BIND|unix.MS_REC, ""))
	require.NoError(t, unix.Mount("none", filepath.Join(root, "run"), "tmpfs", 0, ""))
	require.NoError(t, syscall.Chroot(root))
	require.NoError(t, os.Chdir("/"))
	// Created at boot by init.sh of OpenRC.
	for _, dir := range strings.Fields("starting started stopping inactive wasinactive failed hotplugged daemons options exclusive scheduled tmp") {
		require.NoError(t, os.MkdirAll("/run/openrc/"+dir, 0o755))
	}
	require.NoError(t, os.MkdirAll("/etc/runlevels/default", 0o755))
	require.NoError(t, os.MkdirAll("/tmp", 0o1777))
	require.NoError(t, os.WriteFile("/run/openrc/softlevel", []byte("default"), 0o644))
}

// TestOpenRC runs the test binary as services of a real OpenRC.
func TestOpenRC(t *testing.T) {
	testenv.NeedRoot(t)
	if !testenv.InNetNS(t) {
		return
	}
	enterOpenRC(t)
	t.Run("life", func(t *testing.T) {
		s, dir := unitHelper(t, "slow")
		leave(dir, "go", "")
		s.Env["SVCX_WORD"] = `say "hi" it's $HOME \ ü`
		words := []string{"two words", "", `say "hi"`, "it's", "$HOME", `back\slash`, "100%", "a;b", "%n"}
		s.Args = append(append(s.Args, "-word", "x y", "run"), words...)
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
		assert.ErrorIs(t, s.Stop(t.Context()), ErrNotRunning)

		require.NoError(t, s.Start(t.Context()))
		seen := waitFile(t, dir, "started")
		assert.True(t, strings.HasPrefix(seen, "OpenRC\n"+filepath.Dir(s.mustExecutable(t))+"\nx y\n"), seen)
		assert.Contains(t, seen, `["two words" "" "say \"hi\"" "it's" "$HOME" "back\\slash" "100%" "a;b" "%n"]`+s.Env["SVCX_WORD"])
		st := state(t, s)
		assert.Equal(t, Running, st.State)
		assert.NotZero(t, st.PID)
		assert.ErrorIs(t, s.Start(t.Context()), ErrAlreadyRunning)

		out, err := exec.Command("rc-service", s.Name, "reload").CombinedOutput()
		require.NoError(t, err, "%s", out)
		waitFile(t, dir, "event-3-0")

		require.NoError(t, s.Restart(t.Context()))
		assert.NotEqual(t, st.PID, state(t, s).PID)
		require.NoError(t, s.Stop(t.Context()))
		assert.Equal(t, ErrStopped.Error(), waitFile(t, dir, "cause"))
		assert.Equal(t, Stopped, state(t, s).State)

		s.StartType = Manual
		changed, err = s.Converge(t.Context())
		require.NoError(t, err)
		assert.Equal(t, []string{"disabled"}, changed)
		assert.Equal(t, Manual, state(t, s).Start)
		require.NoError(t, s.Uninstall(t.Context()))
		assert.NoFileExists(t, "/etc/init.d/"+s.Name)
	})
	t.Run("a start waits until it is ready", func(t *testing.T) {
		version, err := exec.Command("openrc", "--version").Output()
		require.NoError(t, err)
		minor := 0
		fmt.Sscanf(string(version), "openrc (OpenRC) 0.%d", &minor)
		if minor < 60 {
			t.Skipf("since OpenRC 0.60; this is %s", version)
		}
		for _, delays := range [][]time.Duration{nil, {}} { // supervise-daemon, start-stop-daemon
			s, dir := unitHelper(t, "slow")
			s.RestartDelays = delays
			require.NoError(t, s.Install(t.Context()))
			started := make(chan error, 1)
			go func() { started <- s.Start(t.Context()) }()
			assert.True(t, strings.HasPrefix(waitFile(t, dir, "started"), "OpenRC\n"))
			time.Sleep(3 * time.Second) // an older OpenRC returns after a second
			assert.Empty(t, started)
			leave(dir, "go", "")
			require.NoError(t, <-started)
			assert.Equal(t, Running, state(t, s).State)
			require.NoError(t, s.Uninstall(t.Context()))
			require.NoError(t, os.Remove(filepath.Join(dir, "started")))
			require.NoError(t, os.Remove(filepath.Join(dir, "go")))
		}
	})
	t.Run("one that fails is restarted, and its output kept", func(t *testing.T) {
		s, dir := unitHelper(t, "failready")
		s.RestartDelays = []time.Duration{time.Second}
		require.NoError(t, s.Install(t.Context()))
		s.Start(t.Context()) // may see the service before or after it ended
		waitFile(t, dir, "started")
		require.NoError(t, os.Remove(filepath.Join(dir, "started")))
		waitFile(t, dir, "started")
		var log bytes.Buffer
		require.NoError(t, s.printLogs(t.Context(), &log))
		assert.Contains(t, log.String(), "told to fail")
	})
	t.Run("one that is never restarted", func(t *testing.T) {
		s, _ := unitHelper(t, "fail")
		s.RestartDelays = []time.Duration{}
		require.NoError(t, s.Install(t.Context()))
		err := s.Start(t.Context())
		require.ErrorIs(t, err, ErrStartFailed)
		assert.ErrorContains(t, err, "/var/log/"+s.Name+"/output.log")
	})
	t.Run("dependents run again", func(t *testing.T) {
		first, _ := unitHelper(t, "plain")
		second, dir := unitHelper(t, "slow")
		leave(dir, "go", "")
		second.DependsOn = []string{first.Name}
		require.NoError(t, first.Install(t.Context()))
		require.NoError(t, second.Install(t.Context()))
		require.NoError(t, second.Start(t.Context()))
		assert.Equal(t, Running, state(t, first).State)
		require.NoError(t, first.Restart(t.Context()))
		eventually(t, "the dependent", func() bool { return state(t, second).State == Running })
		require.NoError(t, second.Uninstall(t.Context()))
	})
	t.Run("another's script", func(t *testing.T) {
		s, _ := unitHelper(t, "plain")
		const text = "#!/sbin/openrc-run\ncommand=/bin/sleep\n"
		require.NoError(t, os.WriteFile("/etc/init.d/"+s.Name, []byte(text), 0o755))
		require.ErrorIs(t, s.Install(t.Context()), ErrForeign)
		require.ErrorIs(t, s.Uninstall(t.Context()), ErrForeign)
		assert.Equal(t, text, string(mustRead(t, "/etc/init.d/"+s.Name)))
		require.NoError(t, os.Remove("/etc/init.d/"+s.Name))
	})
	t.Run("disabled", func(t *testing.T) {
		s, _ := unitHelper(t, "plain")
		s.StartType = Disabled
		require.NoError(t, s.Install(t.Context()))
		assert.Equal(t, Disabled, state(t, s).Start)
		assert.ErrorIs(t, s.Start(t.Context()), ErrStartFailed)
	})
	t.Run("a failing hook undoes the installation", func(t *testing.T) {
		s, _ := unitHelper(t, "undo")
		s.OnInstall = func(context.Context) error { return errMain }
		require.ErrorIs(t, s.Install(t.Context()), errMain)
		assert.NoFileExists(t, "/etc/init.d/"+s.Name)
		_, err := os.Lstat("/etc/runlevels/default/" + s.Name)
		assert.ErrorIs(t, err, fs.ErrNotExist)
	})
	t.Run("upgrade", func(t *testing.T) { upgraded(t) })
	openrcFaults(t)
}
