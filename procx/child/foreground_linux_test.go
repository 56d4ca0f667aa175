package child

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/surefoot-go/surefoot/internal/testenv"
)

// openPty returns the two ends of a pseudo terminal.
func openPty(t *testing.T) (master, slave *os.File) {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("needs a pseudo terminal: %v", err)
	}
	t.Cleanup(func() { master.Close() })
	n, err := unix.IoctlGetInt(int(master.Fd()), unix.TIOCGPTN)
	require.NoError(t, err)
	require.NoError(t, unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0))
	slave, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|syscall.O_NOCTTY, 0)
	require.NoError(t, err)
	t.Cleanup(func() { slave.Close() })
	return master, slave
}

// onTerminal leads a session whose terminal is its standard input. It starts a child that reads a
// line from it, and then reads one itself.
func onTerminal(args []string) int {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "SUREFOOT_TEST_HELPER=read line")
	cmd.Stdin, cmd.Stderr = os.Stdin, os.Stderr
	p, err := Start(context.Background(), cmd, &Options{Foreground: args[0] == "foreground"})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	if err := p.Wait(); err != nil {
		fmt.Fprintln(os.Stderr, "child:", err)
	}
	return readLine(nil)
}

func readLine([]string) int {
	line, err := bufio.NewReader(io.LimitReader(os.Stdin, 6)).ReadString('\n')
	fmt.Fprintf(os.Stderr, "%d read %q %v\n", os.Getpid(), line, err)
	return 0
}

func TestTerminal(t *testing.T) {
	for _, how := range []string{"foreground", "background"} {
		t.Run(how, func(t *testing.T) {
			master, slave := openPty(t)
			cmd := testenv.Command(t, "on terminal", how)
			var out testenv.Buffer
			cmd.Stdin, cmd.Stderr = slave, &out
			cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true, Ctty: 0}
			require.NoError(t, cmd.Start())
			stop := time.AfterFunc(time.Minute, func() { cmd.Process.Kill() })
			defer stop.Stop()
			io.WriteString(master, "one 1\ntwo 2\n")
			err := cmd.Wait()
			require.NoError(t, err, out.String())
			if how == "foreground" {
				assert.Equal(t, 1, strings.Count(out.String(), `read "one 1\n"`), out.String())
				assert.Contains(t, out.String(), fmt.Sprintf(`%d read "two 2\n"`, cmd.Process.Pid), "the terminal is this process's again")
				return
			}
			assert.Contains(t, out.String(), ErrTerminal.Error())
			assert.Contains(t, out.String(), fmt.Sprintf(`%d read "one 1\n"`, cmd.Process.Pid))
		})
	}
}

func TestForegroundWithoutTerminal(t *testing.T) {
	r, w, err := os.Pipe()
	require.NoError(t, err)
	defer r.Close()
	defer w.Close()
	for _, stdin := range []io.Reader{nil, strings.NewReader(""), r} {
		cmd := testenv.Command(t, "cat")
		cmd.Stdin = stdin
		_, err := Start(t.Context(), cmd, &Options{Foreground: true})
		assert.ErrorContains(t, err, "Foreground")
		assert.Nil(t, cmd.Process)
	}
}

// A stopped child is continued, so that it can respond.
func TestStopStoppedProcess(t *testing.T) {
	everyContainment(t, func(t *testing.T) {
		p, out := startNode(t, nil, Options{Grace: time.Minute}, "1")
		require.NoError(t, unix.Kill(-p.PID(), unix.SIGSTOP))
		require.NoError(t, p.Stop(t.Context()))
		assert.Equal(t, "ended ended ", out.rest(t))
	})
}

func TestAskTraced(t *testing.T) {
	cmd := testenv.Command(t, "cat")
	cmd.SysProcAttr = &syscall.SysProcAttr{Ptrace: true}
	_, err := Start(t.Context(), cmd, nil)
	assert.ErrorContains(t, err, "Ptrace")
}
