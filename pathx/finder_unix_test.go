//go:build unix

package pathx

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/internal/testenv"
)

// TestOpenAsOtherUser checks what root can't check as itself: another account is denied access, and
// that stops its search even though a valid file follows.
func TestOpenAsOtherUser(t *testing.T) {
	testenv.NeedRoot(t)
	dir := openDir(t)
	exe := copyExecutable(t, filepath.Join(dir, "bin"))
	user, system := filepath.Join(dir, "user"), filepath.Join(dir, "system")
	for _, place := range []string{user, system} {
		require.NoError(t, os.MkdirAll(filepath.Join(place, app), 0o755))
	}
	valid := filepath.Join(system, app, file)
	require.NoError(t, os.WriteFile(valid, nil, 0o666)) // another account doesn't check by default
	require.NoError(t, os.Chmod(valid, 0o666))

	find := func(f Finder) (string, error) {
		request, err := json.Marshal(f)
		require.NoError(t, err)
		cmd := testenv.Command(t, "find", string(request))
		cmd.Path, cmd.Args[0], cmd.Dir = exe, exe, dir
		cmd.Env = append(cmd.Env, "XDG_CONFIG_HOME="+user, "XDG_CONFIG_DIRS="+system)
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
		out, err := cmd.Output()
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			return string(exit.Stderr), err
		}
		require.NoError(t, err)
		return string(out), nil
	}

	got, err := find(Finder{App: app})
	require.NoError(t, err, "%s", got)
	assert.Equal(t, valid, got)
	got, err = find(Finder{App: app, Trust: TrustAlways})
	require.Error(t, err)
	assert.Contains(t, got, "not trusted: "+valid+" can be changed by its group, everyone")

	first := filepath.Join(user, app, file)
	require.NoError(t, os.WriteFile(first, nil, 0o600))
	got, err = find(Finder{App: app})
	require.Error(t, err)
	assert.Contains(t, got, "user "+first+": access denied")
	assert.NotContains(t, got, valid)

	require.NoError(t, os.Remove(first)) // a directory that may not be entered
	require.NoError(t, os.Chmod(filepath.Dir(first), 0o700))
	got, err = find(Finder{App: app})
	require.Error(t, err)
	assert.Contains(t, got, "user "+first+": access denied")
}

// A FIFO without a writer must not block the search for long.
func TestOpenDoesNotBlockOnPipe(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pipe")
	require.NoError(t, syscall.Mkfifo(path, 0o644))
	for _, path := range []string{path, os.DevNull} {
		_, err := Finder{App: app, Flag: path}.Open()
		require.ErrorIs(t, err, ErrNotRegular)
	}
}

// A home that is not a directory has no files: the search goes on.
func TestOpenContinuesPastNonDirectory(t *testing.T) {
	s := newScene(t)
	require.NoError(t, os.RemoveAll(s[FromUser]))
	require.NoError(t, os.WriteFile(s[FromUser], nil, 0o644))
	s.put(t, FromWorkDir)
	requireTaken(t, s.finder(t), FromWorkDir, s.path(FromWorkDir))
}

// The path by which the executable was launched, which os.Executable doesn't return on Linux, comes
// first.
func TestOpenBesideExecutableLink(t *testing.T) {
	dir := openDir(t)
	exe := copyExecutable(t, filepath.Join(dir, "real"))
	link := filepath.Join(dir, "links", "started")
	require.NoError(t, os.Mkdir(filepath.Dir(link), 0o755))
	require.NoError(t, os.Symlink(exe, link))
	find := func(path, arg0 string) string {
		t.Helper()
		cmd := testenv.Command(t, "find", `{"App": "orders"}`)
		cmd.Path, cmd.Args[0], cmd.Dir = path, arg0, dir
		cmd.Env = append(cmd.Env, "PATH="+filepath.Dir(link)+string(os.PathListSeparator)+os.Getenv("PATH"))
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s", out)
		return string(out)
	}
	besideExe, besideLink := filepath.Join(filepath.Dir(exe), file), filepath.Join(filepath.Dir(link), file)
	require.NoError(t, os.WriteFile(besideExe, nil, 0o644))
	assert.Equal(t, besideExe, find(link, link))
	require.NoError(t, os.WriteFile(besideLink, nil, 0o644))
	assert.Equal(t, besideLink, find(link, link))
	assert.Equal(t, besideLink, find(link, "started"), "found through PATH")
	assert.Equal(t, besideLink, find(link, "links/started"), "relative")
	if runtime.GOOS == "linux" { // elsewhere the system knows how it was launched
		assert.Equal(t, besideExe, find(link, "/bin/sh"), "a path that leads elsewhere is ignored")
	}
}

// A file that WriteFile replaces while it is opened and checked is not treated as an attack.
func TestOpenWhileReplacing(t *testing.T) {
	dir := openDir(t)
	path := filepath.Join(dir, file)
	replace := func() error {
		if err := os.WriteFile(path+".new", nil, 0o644); err != nil {
			return err
		}
		return os.Rename(path+".new", path)
	}
	require.NoError(t, replace())
	stop := make(chan struct{})
	var writer sync.WaitGroup
	writer.Go(func() {
		for {
			select {
			case <-stop:
				return
			case <-time.After(time.Millisecond):
				assert.NoError(t, replace())
			}
		}
	})
	for range 3000 {
		f, err := Finder{App: app, Flag: path, Trust: TrustAlways}.Open()
		if !assert.NoError(t, err) {
			break
		}
		f.Close()
	}
	close(stop)
	writer.Wait()
}

// A deleted working directory has no files.
func TestOpenWithDeletedWorkDir(t *testing.T) {
	s := newScene(t)
	require.NoError(t, os.Remove(s[FromWorkDir]))
	if _, err := os.Getwd(); err == nil {
		t.Skip("this system knows where it was")
	}
	_, err := s.finder(t).Open()
	var notFound *NotFoundError
	require.ErrorAs(t, err, &notFound)
	assert.Equal(t, FromWorkDir, notFound.Tried[len(notFound.Tried)-1].Source)
}
