//go:build unix

package svcx

import (
	"bytes"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/surefoot-go/surefoot/internal/testenv"
)

// runConsole starts a console helper and returns once it has started.
func runConsole(t *testing.T, kind string) (cmd *exec.Cmd, dir string, stderr *bytes.Buffer) {
	t.Helper()
	dir = t.TempDir()
	cmd = testenv.Command(t, "console", kind, dir)
	stderr = &bytes.Buffer{}
	cmd.Stderr = stderr
	require.NoError(t, cmd.Start())
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	waitFile(t, dir, "started")
	return cmd, dir, stderr
}

func TestConsoleSignals(t *testing.T) {
	for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		t.Run(sig.String(), func(t *testing.T) {
			cmd, dir, stderr := runConsole(t, "slow")
			leave(dir, "go", "")
			require.NoError(t, cmd.Process.Signal(sig))
			require.NoError(t, cmd.Wait(), "%s", stderr)
			assert.Equal(t, ErrInterrupted.Error(), waitFile(t, dir, "cause"))
		})
	}
}

func TestConsoleSecondSignalEndsAtOnce(t *testing.T) {
	cmd, _, stderr := runConsole(t, "stubborn")
	begin := time.Now()
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	var err error
	eventually(t, "the end", func() bool {
		cmd.Process.Signal(syscall.SIGINT)
		select {
		case err = <-done:
			return true
		default:
			return false
		}
	})
	var exit *exec.ExitError
	require.ErrorAs(t, err, &exit, "%s", stderr)
	assert.Equal(t, 130, exit.ExitCode(), "%s", stderr)
	assert.Less(t, time.Since(begin), helperStopTimeout)
}

// TestConsoleSignalSentTwice sends a signal twice, as timeout(1) does. On a busy machine the two
// may be received far apart, but not every time.
func TestConsoleSignalSentTwice(t *testing.T) {
	code := 0
	for try := 0; try < 10 && code != 124; try++ {
		cmd, _, stderr := runConsole(t, "hang")
		require.NoError(t, cmd.Process.Signal(syscall.SIGTERM))
		time.Sleep(5 * time.Millisecond) // otherwise the system may merge the two signals
		require.NoError(t, cmd.Process.Signal(syscall.SIGTERM))
		var exit *exec.ExitError
		require.ErrorAs(t, cmd.Wait(), &exit, "%s", stderr)
		code = exit.ExitCode()
	}
	assert.Equal(t, 124, code, "it has not had its time to end")
}

func TestConsoleHangEndsAtStopTimeout(t *testing.T) {
	cmd, _, stderr := runConsole(t, "hang")
	require.NoError(t, cmd.Process.Signal(syscall.SIGTERM))
	var exit *exec.ExitError
	require.ErrorAs(t, cmd.Wait(), &exit)
	assert.Equal(t, 124, exit.ExitCode())
	assert.Contains(t, stderr.String(), "did not return within 1s")
	assert.Contains(t, stderr.String(), "helperService", "the stack of the one that hangs")
}

func TestConsoleReload(t *testing.T) {
	cmd, dir, stderr := runConsole(t, "slow")
	leave(dir, "go", "")
	require.NoError(t, cmd.Process.Signal(syscall.SIGHUP))
	waitFile(t, dir, "event-3-0")
	require.NoError(t, cmd.Process.Signal(syscall.SIGINT))
	require.NoError(t, cmd.Wait(), "%s", stderr)
}

func TestConsoleFailureAndPanic(t *testing.T) {
	for kind, code := range map[string]int{"fail": 7, "failready": 9, "panic": 2} {
		t.Run(kind, func(t *testing.T) {
			cmd, _, stderr := runConsole(t, kind)
			var exit *exec.ExitError
			require.ErrorAs(t, cmd.Wait(), &exit)
			assert.Equal(t, code, exit.ExitCode())
			if kind == "panic" {
				assert.Contains(t, stderr.String(), "panic: told to panic")
			}
		})
	}
}

// TestFrozen checks that a process that was stopped for longer than a limit is not considered hung.
func TestFrozen(t *testing.T) {
	freeze := func(t *testing.T, cmd *exec.Cmd) {
		require.NoError(t, cmd.Process.Signal(syscall.SIGSTOP))
		time.Sleep(1500 * time.Millisecond)
		require.NoError(t, cmd.Process.Signal(syscall.SIGCONT))
	}
	for _, kind := range []string{"slowstop", "feeds"} {
		for range 4 {
			t.Run(kind, func(t *testing.T) {
				t.Parallel()
				dir := t.TempDir()
				cmd := testenv.Command(t, "unit", kind, dir)
				var stderr testenv.Buffer
				cmd.Stderr = &stderr
				require.NoError(t, cmd.Start())
				t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
				waitFile(t, dir, "ready")
				if kind == "feeds" {
					freeze(t, cmd)
					time.Sleep(300 * time.Millisecond)
				}
				require.NoError(t, cmd.Process.Signal(syscall.SIGTERM))
				waitFile(t, dir, "cause")
				if kind == "slowstop" {
					freeze(t, cmd)
				}
				require.NoError(t, cmd.Wait(), "%s", &stderr)
			})
		}
	}
}

// TestStartTimeout checks that a hung start is ended and that its stacks are dumped.
func TestStartTimeout(t *testing.T) {
	cmd, _, stderr := runConsole(t, "hangstart")
	var exit *exec.ExitError
	require.ErrorAs(t, cmd.Wait(), &exit)
	assert.Equal(t, 124, exit.ExitCode())
	assert.Contains(t, stderr.String(), "was not ready within 1s")
	assert.Contains(t, stderr.String(), "helperService", "the stack of the one that hangs")
}
