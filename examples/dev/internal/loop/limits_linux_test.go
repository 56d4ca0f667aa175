package loop

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/fsnotify/fsnotify"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestUsedUp has the kernel refuse watches and instances: in a user namespace of the test's own,
// where it may lower the limits (namespaces(7), /proc/sys/user).
func TestUsedUp(t *testing.T) {
	const mark = "SUREFOOT_TEST_USER_NAMESPACE"
	if os.Getenv(mark) == "" {
		cmd := exec.Command(os.Args[0], "-test.run=^TestUsedUp$")
		cmd.Env = append(os.Environ(), mark+"=1")
		cmd.SysProcAttr = &syscall.SysProcAttr{
			Cloneflags:  syscall.CLONE_NEWUSER,
			UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
			GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
		}
		out, err := cmd.CombinedOutput()
		if _, ok := errors.AsType[*exec.ExitError](err); err != nil && !ok {
			t.Skip("no user namespaces here: ", err)
		}
		require.NoError(t, err, "%s", out)
		return
	}
	limits := func(name, value string) {
		require.NoError(t, os.WriteFile("/proc/sys/user/max_inotify_"+name, []byte(value), 0))
	}
	limits("watches", "2")
	root := t.TempDir()
	var said lines
	n, err := newNotifier(said.say, fsnotify.NewWatcher)
	require.NoError(t, err)
	for _, name := range []string{"a", "b", "c"} {
		save(t, filepath.Join(root, name, "x.go"), "")
		require.NoError(t, n.add(filepath.Join(root, name)))
	}
	require.Len(t, said, 1)
	assert.Contains(t, said[0], "sudo sysctl fs.inotify.max_user_watches=")

	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	go n.poll.run(ctx)
	for _, name := range []string{"a", "c"} {
		save(t, filepath.Join(root, name, "x.go"), "changed")
		select {
		case event := <-n.poll.events:
			assert.Equal(t, filepath.Join(root, name, "x.go"), event.Name)
		case <-time.After(limit):
			t.Fatal("the change was not found")
		}
	}

	limits("instances", "0")
	said = nil
	n, err = newNotifier(said.say, fsnotify.NewWatcher)
	require.NoError(t, err)
	require.Len(t, said, 1)
	assert.Contains(t, said[0], "sudo sysctl fs.inotify.max_user_instances=")
	require.NoError(t, n.add(root))
}
