package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/registry"
	"golang.org/x/sys/windows/svc"
	"golang.org/x/sys/windows/svc/mgr"

	"github.com/surefoot-go/surefoot/internal/testenv"
)

var helpers = map[string]func([]string) int{"console": console}

// interruptible returns a command that runs the program on a console of its own, and what presses
// Ctrl+C there: the event goes to every process of a console, so it must not be this one's.
func interruptible(t *testing.T, program string, args ...string) (cmd *exec.Cmd, interrupt func() error) {
	t.Helper()
	cmd = testenv.Command(t, "console", append([]string{program}, args...)...)
	cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: windows.CREATE_NEW_CONSOLE, HideWindow: true}
	stdin, err := cmd.StdinPipe()
	require.NoError(t, err)
	return cmd, stdin.Close
}

// console is a helper process: it runs the program that args name until the end of its input, then
// presses Ctrl+C.
func console(args []string) int {
	signal.Notify(make(chan os.Signal, 1), os.Interrupt) // it gets the event too, and goes on
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	if err := cmd.Start(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	go func() {
		io.Copy(io.Discard, os.Stdin)
		if err := windows.GenerateConsoleCtrlEvent(windows.CTRL_C_EVENT, 0); err != nil {
			fmt.Fprintln(os.Stderr, "Ctrl+C:", err)
			cmd.Process.Kill()
		}
	}()
	cmd.Wait()
	return cmd.ProcessState.ExitCode()
}

func TestTourAsService(t *testing.T) {
	testenv.NeedChange(t, "installs a service")
	dir, err := os.MkdirTemp(os.Getenv("ProgramFiles"), name+" test ") // which ordinary users can't write
	require.NoError(t, err)
	t.Cleanup(func() { testenv.RemoveAll(t, dir) })
	exe := copyTour(t, dir)
	port := freePort(t)
	require.NoError(t, os.WriteFile(filepath.Join(dir, name+".json"),
		fmt.Appendf(nil, `{"listen": "localhost:%s", "greeting": "您好, service"}`, port), 0o600))

	// tour runs a command of the tour, from a directory that is not the program's.
	tour := func(args ...string) (string, error) {
		cmd := exec.CommandContext(t.Context(), exe, args...)
		cmd.Dir = t.TempDir()
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	m, err := mgr.Connect()
	require.NoError(t, err)
	defer m.Disconnect()

	t.Cleanup(func() { tour("stop"); tour("uninstall") }) // where the test has failed on its way
	out, err := tour("install")
	require.NoError(t, err, out)
	out, err = tour("start")
	require.NoError(t, err, out)
	out, err = tour("status")
	require.NoError(t, err, out)
	assert.Contains(t, out, "running")

	s, err := m.OpenService(name)
	require.NoError(t, err)
	status, err := s.Query()
	require.NoError(t, err)
	require.NoError(t, s.Close())
	assert.Equal(t, svc.Running, status.State)
	process, err := windows.OpenProcess(windows.SYNCHRONIZE, false, status.ProcessId)
	require.NoError(t, err)
	defer windows.CloseHandle(process)

	for _, host := range loopbacks(t) {
		var answer struct{ Greeting, Runs string }
		require.NoError(t, json.Unmarshal(get(t, "http://"+net.JoinHostPort(host, port)+"/"), &answer))
		assert.Equal(t, "您好, service", answer.Greeting, "it has found its file beside the program")
		assert.Equal(t, "SCM", answer.Runs)
	}

	out, err = tour("stop")
	require.NoError(t, err, out)
	out, err = tour("status")
	var exit *exec.ExitError
	require.ErrorAs(t, err, &exit)
	assert.Equal(t, 3, exit.ExitCode(), "it is installed and does not run")
	assert.Contains(t, out, "stopped")
	out, err = tour("uninstall")
	require.NoError(t, err, out)

	// Nothing is left: no service, no key, no process.
	_, err = m.OpenService(name)
	assert.ErrorIs(t, err, windows.ERROR_SERVICE_DOES_NOT_EXIST)
	for _, key := range []string{`SYSTEM\CurrentControlSet\Services\` + name,
		`SYSTEM\CurrentControlSet\Services\EventLog\Application\` + name} {
		_, err = registry.OpenKey(registry.LOCAL_MACHINE, key, registry.READ)
		assert.ErrorIs(t, err, registry.ErrNotExist, key)
	}
	event, err := windows.WaitForSingleObject(process, uint32((20 * time.Second).Milliseconds()))
	require.NoError(t, err)
	assert.EqualValues(t, windows.WAIT_OBJECT_0, event, "the process has not ended")
}
