//go:build unix

package pathx

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/internal/testenv"
)

const nobody = 65534

// openDir creates a directory that every account may enter, unlike t.TempDir.
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
		require.NoError(t, exec.Command("sh", "-c", got.Fix).Run(), "the command must fix it")
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
		require.NoError(t, exec.Command("sh", "-c", got.Fix).Run(), "the command must fix it: %s", got.Fix)
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

func TestTrustDetectsReplacedFile(t *testing.T) {
	dir := openDir(t)
	one, two := filepath.Join(dir, "one"), filepath.Join(dir, "two")
	for _, path := range []string{one, two} {
		require.NoError(t, os.WriteFile(path, nil, 0o644))
	}
	f, err := os.Open(one)
	require.NoError(t, err)
	defer f.Close()
	fi, err := f.Stat()
	require.NoError(t, err)
	require.NoError(t, checkTrust(f, fi, one))
	for _, path := range []string{two, dir, filepath.Join(dir, "gone")} {
		err := checkTrust(f, fi, path)
		require.ErrorIs(t, err, ErrUntrusted)
		require.NotErrorIs(t, err, fs.ErrNotExist, "it must not match fs.ErrNotExist, which would continue the search")
	}
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
	require.NoError(t, exec.Command("sh", "-c", got.Fix).Run(), "the command must fix it")
	trusted(t, f)

	sticky := filepath.Join(dir, "sticky")
	require.NoError(t, os.Mkdir(sticky, 0o755))
	require.NoError(t, os.Chmod(sticky, 0o777|fs.ModeSticky))
	f.Flag = filepath.Join(sticky, "link")
	require.NoError(t, os.Symlink(path, f.Flag))
	trusted(t, f)
	require.NoError(t, os.Lchown(f.Flag, nobody, nobody)) // its owner can point it elsewhere
	got = untrusted(t, f)
	assert.Equal(t, f.Flag, got.Path)
	require.NoError(t, exec.Command("sh", "-c", got.Fix).Run(), "the command must fix it")
	trusted(t, f)
}
