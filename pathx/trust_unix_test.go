//go:build unix

package pathx

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/internal/testenv"
)

const nobody = 65534

// openDir makes a directory that every account may enter, unlike t.TempDir.
func openDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "pathx-test-")
	require.NoError(t, err)
	t.Cleanup(func() { os.RemoveAll(dir) })
	require.NoError(t, os.Chmod(dir, 0o755))
	dir, err = filepath.EvalSymlinks(dir)
	require.NoError(t, err)
	return dir
}

func untrusted(t *testing.T, f Finder) *UntrustedError {
	t.Helper()
	_, err := f.Open()
	var stop *StopError
	require.ErrorAs(t, err, &stop)
	require.ErrorIs(t, err, ErrUntrusted)
	var untrusted *UntrustedError
	require.ErrorAs(t, err, &untrusted)
	last := stop.Tried[len(stop.Tried)-1]
	assert.Equal(t, untrusted.Fix, last.Hint)
	assert.Equal(t, "not trusted", last.Status())
	assert.Contains(t, err.Error(), untrusted.Fix)
	return untrusted
}

func trusted(t *testing.T, f Finder) {
	t.Helper()
	file, err := f.Open()
	require.NoError(t, err)
	require.NoError(t, file.Close())
}

func TestTrustMode(t *testing.T) {
	dir := openDir(t)
	path := filepath.Join(dir, file)
	require.NoError(t, os.WriteFile(path, nil, 0o644))
	f := Finder{App: app, Flag: path, Trust: TrustAlways}
	trusted(t, f)

	for mode, fix := range map[fs.FileMode]string{0o664: "g-w", 0o646: "o-w", 0o666: "go-w"} {
		require.NoError(t, os.Chmod(path, mode))
		got := untrusted(t, f)
		assert.Equal(t, path, got.Path)
		assert.Equal(t, "chmod "+fix+" "+path, got.Fix)
		require.NoError(t, exec.Command("sh", "-c", got.Fix).Run(), "the command must mend it")
		trusted(t, f)
	}

	require.NoError(t, os.Chmod(path, 0o666))
	f.Trust = TrustNone
	trusted(t, f)
	f.Trust = TrustDefault
	if testenv.IsRoot() {
		untrusted(t, f)
	} else {
		trusted(t, f)
	}
}

func TestTrustAncestors(t *testing.T) {
	top := openDir(t)
	dir := filepath.Join(top, "a b", "c")
	require.NoError(t, os.MkdirAll(dir, 0o755))
	path := filepath.Join(dir, file)
	require.NoError(t, os.WriteFile(path, nil, 0o644))
	f := Finder{App: app, Flag: path, Trust: TrustAlways}

	for _, above := range []string{dir, filepath.Dir(dir), top} {
		require.NoError(t, os.Chmod(above, 0o777))
		got := untrusted(t, f)
		assert.Equal(t, above, got.Path)
		require.NoError(t, exec.Command("sh", "-c", got.Fix).Run(), "the command must mend it: %s", got.Fix)
		trusted(t, f)

		require.NoError(t, os.Chmod(above, 0o777|fs.ModeSticky))
		trusted(t, f) // as in /tmp, others can't touch what isn't theirs
		require.NoError(t, os.Chmod(above, 0o755))
	}
}

func TestTrustFollowsLinks(t *testing.T) {
	top := openDir(t)
	real, open := filepath.Join(top, "real"), filepath.Join(top, "open")
	for _, dir := range []string{real, open} {
		require.NoError(t, os.Mkdir(dir, 0o755))
	}
	path := filepath.Join(real, file)
	require.NoError(t, os.WriteFile(path, nil, 0o644))
	require.NoError(t, os.Symlink("../real", filepath.Join(open, "rel")))
	require.NoError(t, os.Symlink(open, filepath.Join(top, "abs")))
	link := filepath.Join(top, "abs", "rel", file) // abs → open, open/rel → ../real
	f := Finder{App: app, Flag: link, Trust: TrustAlways}
	trusted(t, f)

	require.NoError(t, os.Chmod(open, 0o777)) // rel could be swapped
	assert.Equal(t, open, untrusted(t, f).Path)
	require.NoError(t, os.Chmod(open, 0o755))
	require.NoError(t, os.Chmod(real, 0o777)) // the file could be
	assert.Equal(t, real, untrusted(t, f).Path)
}

func TestTrustNoticesASwap(t *testing.T) {
	dir := openDir(t)
	one, two := filepath.Join(dir, "one"), filepath.Join(dir, "two")
	for _, path := range []string{one, two} {
		require.NoError(t, os.WriteFile(path, nil, 0o644))
	}
	fi, err := os.Stat(one)
	require.NoError(t, err)
	pass := func(string, fs.FileInfo) error { return nil }
	require.NoError(t, checkAncestors(fi, one, pass))
	require.ErrorIs(t, checkAncestors(fi, two, pass), ErrUntrusted)
	require.ErrorIs(t, checkAncestors(fi, dir, pass), ErrUntrusted)
	require.ErrorIs(t, checkAncestors(fi, filepath.Join(dir, "gone"), pass), fs.ErrNotExist)
	require.NoError(t, os.Symlink("loop", filepath.Join(dir, "loop")))
	require.ErrorIs(t, checkAncestors(fi, filepath.Join(dir, "loop"), pass), ErrUntrusted)
}

func TestTrustOwner(t *testing.T) {
	testenv.NeedRoot(t)
	dir := openDir(t)
	path := filepath.Join(dir, file)
	require.NoError(t, os.WriteFile(path, nil, 0o600))
	require.NoError(t, os.Chown(path, nobody, nobody))
	f := Finder{App: app, Flag: path} // root checks by default
	got := untrusted(t, f)
	assert.Equal(t, []string{"uid 65534"}, got.Who)
	require.NoError(t, exec.Command("sh", "-c", got.Fix).Run(), "the command must mend it")
	trusted(t, f)

	sticky := filepath.Join(dir, "sticky")
	require.NoError(t, os.Mkdir(sticky, 0o755))
	require.NoError(t, os.Chmod(sticky, 0o777|fs.ModeSticky))
	f.Flag = filepath.Join(sticky, "link")
	require.NoError(t, os.Symlink(path, f.Flag))
	trusted(t, f)
	require.NoError(t, os.Lchown(f.Flag, nobody, nobody)) // whose it is, can point it elsewhere
	assert.Equal(t, f.Flag, untrusted(t, f).Path)
}

// TestOpenAsOther: what root can't see of itself. Another account is denied, and that
// stops its search though a valid file follows.
func TestOpenAsOther(t *testing.T) {
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

// A FIFO that nobody writes to must not hold the search up.
func TestOpenDoesNotBlockOnAPipe(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pipe")
	require.NoError(t, syscall.Mkfifo(path, 0o644))
	for _, path := range []string{path, os.DevNull} {
		_, err := Finder{App: app, Flag: path}.Open()
		require.ErrorIs(t, err, ErrNotRegular)
	}
}

// A home that is no directory has no files: the search goes on.
func TestOpenGoesOnBehindAFile(t *testing.T) {
	s := newScene(t)
	require.NoError(t, os.RemoveAll(s[FromUser]))
	require.NoError(t, os.WriteFile(s[FromUser], nil, 0o644))
	s.put(t, FromWorkDir)
	requireTaken(t, s.finder(t), FromWorkDir, s.path(FromWorkDir))
}
