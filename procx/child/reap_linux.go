package child

import (
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// inherits reports whether this process becomes the parent of orphans and so has to reap them: as
// PID 1, as in most containers, or as a subreaper (prctl(2)).
func inherits() bool {
	if os.Getpid() == 1 {
		return true
	}
	var subreaper int32
	err := unix.Prctl(unix.PR_GET_CHILD_SUBREAPER, uintptr(unsafe.Pointer(&subreaper)), 0, 0, 0)
	return err == nil && subreaper != 0
}

// reapOrphans reaps the orphans of the tree as they end, until stop is called, which reaps a last
// time.
func (t *tree) reapOrphans(leader int) (stop func()) {
	if !inherits() {
		return func() {}
	}
	ended := make(chan os.Signal, 1)
	signal.Notify(ended, unix.SIGCHLD)
	done, over := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(over)
		for {
			select {
			case <-ended:
				t.reap(leader)
			case <-done:
				return
			}
		}
	}()
	return func() {
		signal.Stop(ended)
		close(done)
		<-over
		// A process whose main thread has ended before its other threads looks like a zombie but
		// can't be reaped yet.
		for end := time.Now().Add(killWait); t.reap(leader) > 0 && time.Now().Before(end); {
			time.Sleep(time.Millisecond)
		}
	}
}

// reap reaps the zombies that were in the tree, except for its leader, which os/exec waits for, and
// returns the number of remaining ones. A zombie keeps its ID until it is reaped, so it can't be
// another process.
func (t *tree) reap(leader int) (left int) {
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, name := range stats {
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(name)))
		if err != nil || pid == leader {
			continue
		}
		text, err := os.ReadFile(name)
		if err != nil {
			continue
		}
		parent, group, zombie := orphan(string(text))
		if zombie && parent == os.Getpid() && (t.cgroup == nil && group == leader || t.cgroup != nil && t.cgroup.had(pid)) {
			if reaped, err := unix.Wait4(pid, nil, unix.WNOHANG, nil); reaped == 0 && err == nil {
				left++
			}
		}
	}
	return left
}

// had reports whether a zombie was in the cgroup or in one below it (cgroups(7)).
func (c *cgroup) had(pid int) bool {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/cgroup", pid))
	if err != nil {
		return false
	}
	path, ok := cgroupPath(string(text))
	path = strings.TrimSuffix(path, " (deleted)")
	return ok && strings.Contains(path+"/", "/"+filepath.Base(c.path)+"/")
}
