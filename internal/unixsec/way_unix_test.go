//go:build unix

package unixsec

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/internal/testenv"
	"github.com/surefoot-go/surefoot/internal/trust"
)

const user = 1000

func self() Account { return Account{UID: uint32(os.Geteuid())} }

func tempDir(t *testing.T) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	require.NoError(t, err)
	return dir
}

func touch(t *testing.T, path string) {
	t.Helper()
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(t, os.WriteFile(path, nil, 0o755))
}

// fixAll follows the commands of all findings until there are none, and returns what was named.
func fixAll(t *testing.T, path string) (named []string) {
	t.Helper()
	for {
		err := self().CheckFile(path)
		if err == nil {
			return named
		}
		var f *trust.Finding
		require.ErrorAs(t, err, &f)
		require.NotContains(t, named, f.Path, "the command must fix it at once: %s", f.Fix)
		named = append(named, f.Path)
		out, err := exec.CommandContext(t.Context(), "sh", "-c", f.Fix).CombinedOutput()
		require.NoError(t, err, "%s: %s", f.Fix, out)
	}
}

func TestCheckFile(t *testing.T) {
	top := tempDir(t)
	exe := filepath.Join(top, "a b", "x")
	touch(t, exe)
	require.NoError(t, self().CheckFile(exe))
	assert.ErrorIs(t, self().CheckFile(exe+"x"), fs.ErrNotExist)

	require.NoError(t, os.Chmod(exe, 0o777))
	require.NoError(t, os.Chmod(filepath.Dir(exe), 0o775))
	require.NoError(t, os.Chmod(top, 0o703))
	assert.ElementsMatch(t, []string{exe, filepath.Dir(exe), top}, fixAll(t, exe))

	require.NoError(t, os.Chmod(top, 0o777|fs.ModeSticky))
	require.NoError(t, self().CheckFile(exe), "as in /tmp, others can't touch what isn't theirs")
}

// Owners count like modes: for a file, and for every directory above it.
func TestCheckFileOwners(t *testing.T) {
	testenv.NeedRoot(t)
	top := tempDir(t)
	exe := filepath.Join(top, "home", "bin", "x")
	touch(t, exe)
	for _, theirs := range []string{exe, filepath.Dir(exe), filepath.Join(top, "home")} {
		require.NoError(t, os.Chown(theirs, user, user))
		var f *trust.Finding
		require.ErrorAs(t, self().CheckFile(exe), &f)
		assert.Equal(t, theirs+" belongs to uid 1000", f.Error())
		require.NoError(t, Account{UID: user}.CheckFile(exe), "that user's service may run it")
		assert.Equal(t, []string{theirs}, fixAll(t, exe))
	}
	require.NoError(t, os.Chown(exe, user, user))
	require.NoError(t, os.Chmod(exe, 0o777))
	assert.Equal(t, []string{exe}, fixAll(t, exe), "one command for both")
}

// Each directory that a chain of links leads through is judged, whatever kind they are.
func TestCheckChain(t *testing.T) {
	top := tempDir(t)
	a, b, c := filepath.Join(top, "a"), filepath.Join(top, "b"), filepath.Join(top, "c")
	for _, dir := range []string{a, b} {
		require.NoError(t, os.Mkdir(dir, 0o755))
	}
	touch(t, filepath.Join(c, "d", "x"))
	require.NoError(t, os.Symlink(filepath.Join(b, "l"), filepath.Join(a, "l")))
	require.NoError(t, os.Symlink("../c/d", filepath.Join(b, "l")))
	path := filepath.Join(a, "l", "x")
	require.NoError(t, self().CheckFile(path))
	for _, dir := range []string{a, b, c, filepath.Join(c, "d")} {
		require.NoError(t, os.Chmod(dir, 0o777))
		assert.Equal(t, []string{dir}, fixAll(t, path))
	}
}

// In a sticky directory the owner of a link decides where it leads.
func TestCheckLinkOwner(t *testing.T) {
	testenv.NeedRoot(t)
	top := tempDir(t)
	sticky := filepath.Join(top, "sticky")
	target := filepath.Join(top, "x")
	touch(t, target)
	require.NoError(t, os.Mkdir(sticky, 0o755))
	require.NoError(t, os.Chmod(sticky, 0o777|fs.ModeSticky))
	link := filepath.Join(sticky, "link")
	require.NoError(t, os.Symlink(target, link))
	require.NoError(t, self().CheckFile(link))
	require.NoError(t, os.Lchown(link, user, user))
	assert.Equal(t, []string{link}, fixAll(t, link))
}

func TestCheckWayDetectsReplacement(t *testing.T) {
	dir := tempDir(t)
	one, two := filepath.Join(dir, "one"), filepath.Join(dir, "two")
	touch(t, one)
	touch(t, two)
	fi, err := os.Stat(one)
	require.NoError(t, err)
	require.NoError(t, self().CheckWay(fi, one))
	require.NoError(t, os.Symlink("loop", filepath.Join(dir, "loop")))
	for _, path := range []string{two, dir, filepath.Join(dir, "gone"), filepath.Join(dir, "loop"), filepath.Join(one, "below")} {
		err := self().CheckWay(fi, path)
		require.ErrorIs(t, err, trust.ErrExchanged, path)
		require.NotErrorIs(t, err, fs.ErrNotExist, "not as what doesn't exist, which would go on")
	}
}
