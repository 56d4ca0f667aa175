package child

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/surefoot-go/surefoot/internal/testenv"
)

func needCgroup(t *testing.T) {
	t.Helper()
	c, err := newCgroup()
	if err != nil {
		t.Skipf("needs a cgroup v2 that can be written: %v", err)
	}
	c.close()
}

func TestCgroupHoldsSessions(t *testing.T) {
	needCgroup(t)
	t.Run("killed", func(t *testing.T) {
		p, out := startNode(t, nil, Options{Ask: AskNothing}, "2", "setsid", "stubborn")
		require.True(t, p.Containment().Whole())
		require.NoError(t, p.Stop(t.Context()))
		assert.Empty(t, out.rest(t))
	})
	t.Run("asked", func(t *testing.T) {
		p, out := startNode(t, nil, Options{Grace: time.Minute}, "2", "setsid", "slow")
		require.NoError(t, p.Stop(t.Context()))
		assert.Equal(t, "ended ended slowly ended ", out.rest(t))
	})
}

// Processes that outlive the killed owner of a cgroup are killed when the next one is created.
func TestCgroupSweep(t *testing.T) {
	needCgroup(t)
	defer func(d time.Duration) { making = d }(making)
	making = 0
	cmd := testenv.Command(t, "parent", "1", "stubborn")
	out := pipe(t, cmd)
	require.NoError(t, cmd.Start())
	out.ready(t, "1")
	require.NoError(t, cmd.Process.Kill())
	cmd.Wait()
	startNode(t, nil, Options{}, "0")
	assert.Empty(t, out.rest(t))
}

// A sweep does not take a cgroup that another process is just creating.
func TestConcurrentCgroups(t *testing.T) {
	needCgroup(t)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 25 {
				c, err := newCgroup()
				if assert.NoError(t, err) {
					assert.DirExists(t, c.path)
					c.close()
				}
			}
		})
	}
	wg.Wait()
}

// A process that can't open any more files can still end its children.
func TestCgroupWithoutDescriptors(t *testing.T) {
	needCgroup(t)
	cmd := testenv.Command(t, "starved", "2", "setsid", "stubborn")
	out := pipe(t, cmd)
	in, err := cmd.StdinPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	out.ready(t, "2")
	require.NoError(t, in.Close())
	assert.NoError(t, cmd.Wait())
	assert.Empty(t, out.rest(t))
}

// starved runs a node until its own standard input ends, and then stops it with no descriptors
// left.
func starved(args []string) int {
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env = append(os.Environ(), "SUREFOOT_TEST_HELPER=node")
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	p, err := Start(context.Background(), cmd, &Options{Ask: AskNothing})
	if err == nil {
		io.Copy(io.Discard, os.Stdin)
		err = unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{})
	}
	if err == nil {
		err = p.Stop(context.Background())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	p.Wait()
	return 0
}

func TestProbeCgroup(t *testing.T) {
	dir, err := os.Open(t.TempDir()) // not a cgroup
	require.NoError(t, err)
	defer dir.Close()
	assert.ErrorContains(t, probeCgroup(dir), "starting a process in")
}

// A unit's own account can have a cgroup for each tree if the unit says so.
func TestContainmentInUnit(t *testing.T) {
	if !testenv.InSystemd(t) {
		return
	}
	dir, err := os.MkdirTemp("/var/tmp", "") // go test's own is closed to others
	require.NoError(t, err)
	defer os.RemoveAll(dir)
	require.NoError(t, os.Chmod(dir, 0o755))
	exe := filepath.Join(dir, "test")
	data, err := os.ReadFile("/proc/self/exe")
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(exe, data, 0o755))
	for _, tt := range []struct {
		delegate string
		want     Containment
	}{{"yes", Group | Cgroup | DeathSignal}, {"no", Group | DeathSignal}} {
		t.Run("Delegate="+tt.delegate, func(t *testing.T) {
			log := filepath.Join(t.TempDir(), "log")
			run := exec.Command("systemd-run", "--wait", "--collect", "--uid=nobody", "--property=Delegate="+tt.delegate,
				"--property=StandardOutput=file:"+log, "--property=StandardError=null", "--setenv=SUREFOOT_TEST_HELPER=contain", exe)
			text, err := run.CombinedOutput()
			require.NoError(t, err, "%s", text)
			out, err := os.ReadFile(log)
			require.NoError(t, err)
			assert.Equal(t, tt.want.String(), string(out))
		})
	}
}

// contain prints the containment of a child.
func contain([]string) int {
	p, err := Start(context.Background(), exec.Command("true"), nil)
	if err != nil {
		fmt.Print(err)
		return 1
	}
	fmt.Print(p.Containment())
	p.Wait()
	return 0
}
