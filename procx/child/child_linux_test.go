package child

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/surefoot-go/surefoot/internal/testenv"
)

const seesRest = true

var ownHelpers = map[string]func([]string) int{"pitfall": pitfall, "contain": contain, "starved": starved,
	"on terminal": onTerminal, "read line": readLine, "pid 1": pid1}

// handles returns the number of open descriptors of this process.
func handles(t *testing.T) int {
	fds, err := os.ReadDir("/proc/self/fd")
	require.NoError(t, err)
	return len(fds)
}

func ownSession() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setsid: true} }

// everyContainment runs f with a cgroup, if this machine supports it, and without.
func everyContainment(t *testing.T, f func(t *testing.T)) {
	t.Run("cgroup", func(t *testing.T) {
		needCgroup(t)
		f(t)
	})
	t.Run("group", func(t *testing.T) {
		withoutCgroup(t)
		f(t)
	})
}

// withoutCgroup makes Start run without a cgroup, here and in helper processes.
func withoutCgroup(t *testing.T) {
	t.Setenv(variantVar, "1")
	variant()
	t.Cleanup(func() { openCgroup = newCgroup })
}

// variant simulates a machine without cgroups.
func variant() {
	openCgroup = func() (*cgroup, error) { return nil, errors.New("no cgroup for this test") }
}

func TestContainment(t *testing.T) {
	t.Run("cgroup", func(t *testing.T) {
		needCgroup(t)
		p, _ := startNode(t, nil, Options{}, "0")
		assert.Equal(t, Group|Cgroup|DeathSignal, p.Containment())
		assert.True(t, p.Containment().Whole())
		require.NoError(t, p.Stop(t.Context()))
		path := p.tree.cgroup.path
		assert.DirExists(t, path)
		require.NoError(t, p.Wait())
		assert.NoDirExists(t, path)
	})
	t.Run("group", func(t *testing.T) {
		withoutCgroup(t)
		p, _ := startNode(t, nil, Options{}, "0")
		assert.Equal(t, Group|DeathSignal, p.Containment())
		assert.False(t, p.Containment().Whole())
	})
	t.Run("another death signal", func(t *testing.T) {
		withoutCgroup(t)
		p, _ := startNode(t, func(cmd *exec.Cmd) {
			cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM, Setsid: true}
		}, Options{}, "0")
		assert.Equal(t, Group, p.Containment())
		assert.NoError(t, p.Stop(t.Context()))
	})
}

// This is the counterpart of the test above: descendants do escape where Containment says so.
func TestSessionEscapesGroup(t *testing.T) {
	withoutCgroup(t)
	p, out := startNode(t, nil, Options{Ask: AskNothing}, "1", "setsid")
	require.False(t, p.Containment().Whole())
	children, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", p.PID()))
	require.NoError(t, err)
	var escaped int
	for _, name := range children {
		text, _ := os.ReadFile(name)
		fmt.Sscan(string(text), &escaped)
	}
	require.NotZero(t, escaped)
	require.NoError(t, p.Stop(t.Context()))
	require.NoError(t, unix.Kill(escaped, 0), "outlives the tree")
	require.NoError(t, unix.Kill(escaped, unix.SIGTERM))
	assert.Equal(t, "ended ", out.rest(t))
}

func TestForeignProcessGroup(t *testing.T) {
	cmd := testenv.Command(t, "node", "0")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pgid: os.Getpid()}
	_, err := Start(t.Context(), cmd, nil)
	assert.ErrorContains(t, err, "Pgid")
}

// The death signal depends on the thread that started the child (golang.org/issue/27505). Threads
// end with the goroutines locked to them.
func TestDeathSignalThread(t *testing.T) {
	for _, tt := range []struct {
		how      string
		survives bool
	}{{"exec", false}, {"child", true}} {
		t.Run(tt.how, func(t *testing.T) {
			out, err := testenv.Command(t, "pitfall", tt.how).Output()
			require.NoError(t, err)
			assert.Equal(t, fmt.Sprintf("survives: %v", tt.survives), string(out))
		})
	}
}

// pitfall starts a child on a thread that then ends, by os/exec or by this package, and reports
// whether the child survives.
func pitfall(args []string) int {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "SUREFOOT_TEST_HELPER=cat")
	in, _ := cmd.StdinPipe()
	out, _ := cmd.StdoutPipe()
	start := func() error {
		cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
		return cmd.Start()
	}
	if args[0] == "child" {
		start = func() error {
			_, err := Start(context.Background(), cmd, &Options{Ask: AskNothing})
			return err
		}
	}
	tid := make(chan int)
	go onOtherThread(func() {
		if err := start(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		tid <- unix.Gettid()
	})
	thread := fmt.Sprintf("/proc/self/task/%d", <-tid)
	for {
		if _, err := os.Stat(thread); err != nil {
			break
		}
		time.Sleep(time.Millisecond)
	}
	in.Write([]byte("x"))
	n, _ := out.Read(make([]byte, 1))
	fmt.Printf("survives: %v", n == 1)
	in.Close()
	return 0
}

// onOtherThread runs f on a thread that ends with it, and so not on the main one, which never ends.
func onOtherThread(f func()) {
	runtime.LockOSThread() // and never unlocked
	if unix.Gettid() != unix.Getpid() {
		f()
		return
	}
	go onOtherThread(f)
	select {}
}
