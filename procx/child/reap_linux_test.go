package child

import (
	"context"
	"fmt"
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

// pid1 is process 1 of a PID namespace. It stops trees, one of which leaves an orphan behind, and
// counts the remaining zombies. Meanwhile one of its own commands ends, which os/exec waits for.
func pid1(args []string) int {
	fail := func(err error) int { fmt.Println(os.Getpid(), err); return 1 }
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fail(err)
	}
	if err := unix.Mount("proc", "/proc", "proc", 0, ""); err != nil {
		return fail(err)
	}
	node := func(args ...string) *exec.Cmd {
		cmd := exec.Command(os.Args[0], args...)
		cmd.Env = append(os.Environ(), "SUREFOOT_TEST_HELPER=node")
		return cmd
	}
	for _, flag := range []string{"stubborn", "slow", "leave"} {
		own := exec.Command(os.Args[0])
		own.Env = append(os.Environ(), "SUREFOOT_TEST_HELPER=cat")
		if err := own.Start(); err != nil { // ends at once, unreaped
			return fail(err)
		}
		cmd := node("3", flag)
		out, w, err := os.Pipe()
		if err != nil {
			return fail(err)
		}
		cmd.Stdout = w
		p, err := Start(context.Background(), cmd, &Options{Grace: 500 * time.Millisecond})
		if err != nil {
			return fail(err)
		}
		w.Close()
		for range 4 {
			if _, err := fmt.Fscan(out, new(string)); err != nil {
				break // the first has left, and the rest was killed before it was ready
			}
		}
		_ = p.Stop(context.Background())
		_ = p.Wait()
		if err := own.Wait(); err != nil {
			return fail(fmt.Errorf("os/exec: %w", err))
		}
	}
	zombies := 0
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, name := range stats {
		text, _ := os.ReadFile(name)
		if _, _, zombie := orphan(string(text)); zombie {
			zombies++
		}
	}
	fmt.Printf("as %d: %d zombies", os.Getpid(), zombies)
	return 0
}

func TestProcess1ReapsZombies(t *testing.T) {
	testenv.NeedRoot(t)
	everyContainment(t, func(t *testing.T) {
		cmd := testenv.Command(t, "pid 1")
		cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWPID | unix.CLONE_NEWNS}
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, string(out))
		assert.Equal(t, "as 1: 0 zombies", string(out))
	})
}
