//go:build unix

package pathx

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/internal/testenv"
)

func modeOf(t *testing.T, path string) fs.FileMode {
	t.Helper()
	fi, err := os.Lstat(path)
	require.NoError(t, err)
	return fi.Mode()
}

func TestEnsureDirPrivate(t *testing.T) {
	top := openDir(t)
	dir := filepath.Join(top, "private")
	require.NoError(t, EnsureDir(dir, true))
	assert.Equal(t, fs.ModeDir|0o700, modeOf(t, dir))

	require.NoError(t, os.Chmod(dir, 0o755)) // read by others: closed
	require.NoError(t, EnsureDir(dir, true))
	assert.Equal(t, fs.ModeDir|0o700, modeOf(t, dir))

	for _, mode := range []fs.FileMode{0o770, 0o703, 0o777 | fs.ModeSticky} { // written by others: refused
		require.NoError(t, os.Chmod(dir, mode))
		err := EnsureDir(dir, true)
		var untrusted *UntrustedError
		require.ErrorAs(t, err, &untrusted, "%v", mode)
		assert.Equal(t, dir, untrusted.Path)
		assert.Equal(t, fs.ModeDir|mode, modeOf(t, dir), "refused, and left alone")
	}
	require.NoError(t, os.Chmod(dir, 0o700))
	require.NoError(t, os.Chmod(top, 0o777)) // exchanged by others: refused
	require.ErrorIs(t, EnsureDir(dir, true), ErrUntrusted)
}

func TestEnsureDirPrivileged(t *testing.T) {
	testenv.NeedRoot(t)
	dir := filepath.Join(openDir(t), "theirs")
	require.NoError(t, os.Mkdir(dir, 0o755))
	require.NoError(t, EnsureDir(dir, false))
	require.NoError(t, os.Chown(dir, nobody, nobody))
	for _, private := range []bool{false, true} {
		require.ErrorIs(t, EnsureDir(dir, private), ErrUntrusted)
	}
	link := filepath.Join(openDir(t), "link")
	require.NoError(t, os.Symlink(dir, link))
	require.ErrorIs(t, EnsureDir(link, false), ErrUntrusted)
}

// A directory that exists but can't be read still exists: others can only add files to it.
func TestEnsureDirUnreadable(t *testing.T) {
	dir := filepath.Join(openDir(t), "drop")
	require.NoError(t, os.Mkdir(dir, 0o700))
	require.NoError(t, os.Chmod(dir, 0o333))
	if !testenv.IsRoot() {
		require.NoError(t, EnsureDir(dir, false))
		return
	}
	exe := copyExecutable(t, filepath.Join(openDir(t), "bin"))
	cmd := testenv.Command(t, "ensure", dir)
	cmd.Path, cmd.Args[0], cmd.Dir = exe, exe, "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
}

func TestEnsureDirFor(t *testing.T) {
	testenv.NeedRoot(t)
	top := openDir(t)
	for _, account := range []string{"nobody", "65534", "root"} {
		dir := filepath.Join(top, account, "data")
		for range 2 {
			require.NoError(t, EnsureDirFor(dir, account))
			assert.Equal(t, fs.ModeDir|0o700, modeOf(t, dir))
		}
		uid, err := idOf(account, "-u")
		require.NoError(t, err)
		writes(t, dir, uid)
	}
	dir := filepath.Join(top, "nobody", "data")
	require.NoError(t, os.Chmod(dir, 0o750)) // read by others: closed
	require.NoError(t, EnsureDirFor(dir, "nobody"))
	assert.Equal(t, fs.ModeDir|0o700, modeOf(t, dir))
	require.NoError(t, os.Chown(dir, 0, 0)) // the installer's: given to the account
	require.NoError(t, EnsureDirFor(dir, "nobody"))
	writes(t, dir, nobody)

	require.NoError(t, os.Chown(dir, 1, 1))
	require.ErrorIs(t, EnsureDirFor(dir, "nobody"), ErrUntrusted, "a third account's")
	require.NoError(t, os.Chown(dir, nobody, nobody))
	require.NoError(t, os.Chmod(dir, 0o770))
	require.ErrorIs(t, EnsureDirFor(dir, "nobody"), ErrUntrusted, "a group could have filled it")

	for _, account := range []string{"", "-u", "no such account", "pathx-nobody"} {
		err := EnsureDirFor(filepath.Join(top, "new"), account)
		require.ErrorContains(t, err, "there is no account "+strconv.Quote(account))
		assert.NoDirExists(t, filepath.Join(top, "new"))
	}
	require.ErrorIs(t, EnsureDirFor("", "nobody"), ErrName)
}

// writes creates and removes a file as that account.
func writes(t *testing.T, dir string, uid int) {
	t.Helper()
	cmd := exec.Command("sh", "-c", `touch "$0/x" && rm "$0/x"`, dir)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(uid)}}
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
}
