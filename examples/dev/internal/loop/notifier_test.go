package loop

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/fsnotify/fsnotify"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestLimitHint(t *testing.T) {
	for _, test := range []struct {
		goos string
		err  error
		want string
	}{
		{"linux", syscall.ENOSPC, "sysctl fs.inotify.max_user_watches="},
		{"linux", fmt.Errorf("x: %w", syscall.EMFILE), "sysctl fs.inotify.max_user_instances="},
		{"darwin", syscall.EMFILE, "ulimit -n"},
		{"freebsd", syscall.ENFILE, "ulimit -n"},
		{"darwin", syscall.ENOSPC, ""},
		{"windows", syscall.EMFILE, ""},
		{"linux", syscall.ENOENT, ""},
		{"linux", nil, ""},
	} {
		got := limitHintOn(test.goos, test.err)
		assert.Equal(t, test.want != "", got != "", "%s %v: %s", test.goos, test.err, got)
		assert.Contains(t, got, test.want)
	}
}

// lines collects what is said.
type lines []string

func (l *lines) say(format string, args ...any) { *l = append(*l, fmt.Sprintf(format, args...)) }

// limited is the errno that tells of a limit on this system; none: there is no such limit.
func limited(t *testing.T) error {
	for _, err := range []error{syscall.ENOSPC, syscall.EMFILE} {
		if limitHint(err) != "" {
			return err
		}
	}
	t.Skip("this system's watcher has no such limit")
	return nil
}

// TestNoInstances: the watcher can't be opened.
func TestNoInstances(t *testing.T) {
	if limitHint(syscall.EMFILE) == "" {
		t.Skip("this system's watcher has no such limit")
	}
	var said lines
	n, err := newNotifier(said.say, func() (*fsnotify.Watcher, error) { return nil, syscall.EMFILE })
	require.NoError(t, err)
	require.Len(t, said, 1)
	assert.Contains(t, said[0], "looking at them every 1s instead")
	dir := t.TempDir()
	require.NoError(t, n.add(dir))
	assert.ErrorIs(t, n.add(filepath.Join(dir, "none")), fs.ErrNotExist)
	save(t, filepath.Join(dir, "x.go"), "")
	assert.Len(t, n.poll.changes(), 1)
	n.remove(dir)
	save(t, filepath.Join(dir, "y.go"), "")
	assert.Empty(t, n.poll.changes())
	n.close()

	_, err = newNotifier(said.say, func() (*fsnotify.Watcher, error) { return nil, errors.New("other") })
	assert.ErrorContains(t, err, "other")
}

// TestWatchesUsedUp: from the first directory that can't be watched on, all are looked at, those
// before it as well.
func TestWatchesUsedUp(t *testing.T) {
	full := limited(t)
	var said lines
	n, err := newNotifier(said.say, fsnotify.NewWatcher)
	require.NoError(t, err)
	defer n.close()
	n.remote = func(string) string { return "" }
	left := 2
	n.add1 = func(dir string) error {
		if left--; left < 0 {
			return full
		}
		return n.fs.Add(dir)
	}
	root := t.TempDir()
	for _, name := range []string{"a", "b", "c", "d"} {
		save(t, filepath.Join(root, name, "x.go"), "")
		require.NoError(t, n.add(filepath.Join(root, name)))
	}
	require.Len(t, said, 1)
	assert.Contains(t, said[0], filepath.Join(root, "c")+": ")
	assert.Contains(t, said[0], "looking at all files every 1s instead")
	events, errs := n.channels()
	assert.Nil(t, events)
	assert.Nil(t, errs)
	for _, name := range []string{"a", "b", "c", "d"} {
		save(t, filepath.Join(root, name, "x.go"), strings.Repeat(" ", 2))
	}
	assert.Len(t, n.poll.changes(), 4)
}

// TestRemote: directories on file systems that don't tell of all changes are looked at.
func TestRemote(t *testing.T) {
	for magic, want := range map[uint32]string{0x01021997: "9p", 0x6969: "NFS", 0xff534d42: "SMB", 0xef53: ""} { // the last: ext4
		assert.Equal(t, want, remoteKinds[magic])
	}
	assert.Empty(t, remoteKind(filepath.Join(t.TempDir(), "none")))
	var said lines
	n, err := newNotifier(said.say, fsnotify.NewWatcher)
	require.NoError(t, err)
	defer n.close()
	here, there := t.TempDir(), t.TempDir()
	n.remote = func(dir string) string {
		if dir == there {
			return "NFS"
		}
		return ""
	}
	require.NoError(t, n.add(here))
	require.NoError(t, n.add(there))
	require.Len(t, said, 1)
	assert.Contains(t, said[0], there+" is on NFS, which does not tell of all changes")
	assert.Equal(t, []string{here}, n.fs.WatchList())
	save(t, filepath.Join(there, "x.go"), "")
	assert.Len(t, n.poll.changes(), 1)
}
