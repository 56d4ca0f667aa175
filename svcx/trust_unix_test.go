//go:build unix

package svcx

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/internal/testenv"
)

func TestCheckTrust(t *testing.T) {
	testenv.NeedRoot(t)
	dir, err := filepath.EvalSymlinks(t.TempDir())
	require.NoError(t, err)
	exe := filepath.Join(dir, "sub", "x")
	require.NoError(t, os.Mkdir(filepath.Dir(exe), 0o755))
	require.NoError(t, os.WriteFile(exe, nil, 0o755))
	link := filepath.Join(dir, "link")
	require.NoError(t, os.Symlink(exe, link))
	require.NoError(t, checkTrust(exe))

	require.NoError(t, os.Chmod(exe, 0o757))
	assert.ErrorContains(t, checkTrust(link), "chmod o-w "+exe, "through the link, too")
	require.NoError(t, os.Chmod(exe, 0o755))
	require.NoError(t, os.Chmod(filepath.Dir(exe), 0o775))
	assert.ErrorContains(t, checkTrust(exe), "chmod g-w "+filepath.Dir(exe))
	require.NoError(t, os.Chmod(filepath.Dir(exe), 0o777|os.ModeSticky))
	assert.NoError(t, checkTrust(exe), "as /tmp")
	assert.ErrorIs(t, checkTrust(exe+"x"), os.ErrNotExist)

	for _, theirs := range []string{exe, filepath.Dir(exe)} {
		require.NoError(t, os.Chown(theirs, 1000, 1000))
		err := checkTrust(exe)
		assert.ErrorContains(t, err, theirs+" belongs to uid 1000, and "+exe+" would run with all rights")
		assert.ErrorContains(t, err, "chown root "+theirs)
		require.NoError(t, os.Chown(theirs, 0, 0))
		require.NoError(t, checkTrust(exe))
	}
}

// TestInstallRejectsForeignProgram checks that a program owned by user 1000 is rejected for a
// service that runs as root, but not for one that runs as user 1000.
func TestInstallRejectsForeignProgram(t *testing.T) {
	testenv.NeedRoot(t)
	exe := filepath.Join(t.TempDir(), "x")
	require.NoError(t, os.WriteFile(exe, nil, 0o755))
	require.NoError(t, os.Chown(exe, 1000, 1000))
	for _, account := range []string{"", "root"} {
		require.ErrorContains(t, (&Service{Name: "x", Account: account}).spec(exe).CheckTrust(), exe+" belongs to uid 1000")
	}
	require.NoError(t, (&Service{Name: "x", Account: "1000"}).spec(exe).CheckTrust())
}
