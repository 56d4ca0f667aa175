package child

import (
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/surefoot-go/surefoot/internal/testenv"
)

// TestStartWithoutDescriptors checks that with few descriptors left, Start returns a child that can
// be stopped, or an error and no process.
func TestStartWithoutDescriptors(t *testing.T) {
	if !testenv.InOwnProcess(t) {
		return
	}
	everyContainment(t, func(t *testing.T) {
		cgroups, refused := 0, 0
		leave := testenv.Starve(t)
		for n := 0; ; n++ {
			cmd := testenv.Command(t, "cat")
			leave(n)
			p, err := Start(t.Context(), cmd, &Options{Ask: AskStdin, Grace: time.Minute})
			if err != nil {
				refused++
				require.Less(t, n, 40)
				require.ErrorIs(t, err, syscall.EMFILE)
				_, err = syscall.Wait4(-1, nil, syscall.WNOHANG, nil)
				require.ErrorIs(t, err, syscall.ECHILD, "a process was left behind")
				continue
			}
			leave(0) // and now none are left
			require.NoError(t, p.Stop(t.Context()))
			require.NoError(t, p.Wait())
			if p.Containment()&Cgroup != 0 {
				cgroups++
			}
			if n > 40 {
				break
			}
		}
		assert.NotZero(t, refused)
		if t.Name() == "TestStartWithoutDescriptors/cgroup" {
			assert.NotZero(t, cgroups, "where there were enough")
		}
	})
}

// TestStopWithoutDescriptors checks that a child that can't be asked for lack of a descriptor is
// killed with all its descendants.
func TestStopWithoutDescriptors(t *testing.T) {
	if !testenv.InOwnProcess(t) {
		return
	}
	everyContainment(t, func(t *testing.T) {
		leave := testenv.Starve(t)
		p, out := startNode(t, nil, Options{Grace: time.Minute}, "2")
		leave(0)
		err := p.Stop(t.Context())
		leave(-1)
		if err != nil { // a process group needs no descriptor to be asked
			assert.ErrorIs(t, err, ErrKilled)
			assert.ErrorIs(t, err, syscall.EMFILE)
		}
		out.rest(t)
	})
}

// TestGraceIgnoresWallClock checks that a child gets exactly its grace, and that the sweep does
// not take a live process's cgroup, however old that seems.
func TestGraceIgnoresWallClock(t *testing.T) {
	if !testenv.InOwnProcess(t) {
		return
	}
	everyContainment(t, func(t *testing.T) {
		old, oldOut := startNode(t, nil, Options{Ask: AskNothing}, "1", "stubborn")
		for _, d := range []time.Duration{365 * 24 * time.Hour, -2 * 365 * 24 * time.Hour} {
			testenv.JumpClock(t, d)
			const grace = 200 * time.Millisecond
			p, out := startNode(t, nil, Options{Grace: grace}, "1", "stubborn")
			begin := time.Now()
			stopped := make(chan error, 1)
			go func() { stopped <- p.Stop(t.Context()) }()
			testenv.JumpClock(t, -d/2)
			require.ErrorIs(t, <-stopped, ErrKilled)
			assert.GreaterOrEqual(t, time.Since(begin), grace)
			out.rest(t)
		}
		select {
		case <-old.Ended():
			assert.Fail(t, "swept away")
		default:
		}
		require.NoError(t, old.KillTree())
		oldOut.rest(t)
	})
}

// TestDetachedOnFullDisk checks that a process continues to run if its output can't be written,
// and that it is not started if its file can't be created.
func TestDetachedOnFullDisk(t *testing.T) {
	testenv.NeedRoot(t)
	if !testenv.InNetNS(t) {
		return
	}
	dir := testenv.SmallDisk(t, "size=4k,nr_inodes=3")
	testenv.FillDisk(t, dir)

	r := newRendezvous(t)
	cmd := exec.Command(os.Args[0], r.addr())
	cmd.Env = append(os.Environ(), "SUREFOOT_TEST_HELPER=detached")
	p, err := StartDetached(cmd, &DetachOptions{Output: filepath.Join(dir, "out")})
	require.NoError(t, err)
	r.meet(t)
	state, err := p.Wait()
	require.NoError(t, err)
	assert.True(t, state.Success())

	_, err = StartDetached(exec.Command("true"), &DetachOptions{Output: filepath.Join(dir, "more")})
	require.ErrorIs(t, err, unix.ENOSPC)
	assert.ErrorContains(t, err, "output of the detached process: open "+dir)
}

// TestStopProcessOfOtherAccount checks that Stop returns an error and does not hang if a child has
// switched to another account, so that it can't be killed.
func TestStopProcessOfOtherAccount(t *testing.T) {
	testenv.NeedRoot(t)
	if !testenv.InOwnProcess(t) {
		return
	}
	withoutCgroup(t)
	r, w, err := os.Pipe()
	require.NoError(t, err)
	p, out := startNode(t, func(cmd *exec.Cmd) { cmd.Stdin = r }, Options{Grace: time.Second}, "0", "stdin")
	const nobody = 65534
	require.NoError(t, syscall.Setresuid(nobody, nobody, 0)) // root is kept for later
	err = p.Stop(t.Context())
	require.NoError(t, syscall.Setresuid(0, 0, 0))
	require.ErrorIs(t, err, unix.EPERM)
	require.NoError(t, w.Close())
	out.rest(t)
	p.Wait()
	require.NoError(t, r.Close())
}
