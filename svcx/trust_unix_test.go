//go:build unix

package svcx

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestCheckTrust(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	require.NoError(t, err)
	exe := filepath.Join(dir, "sub", "x")
	require.NoError(t, os.Mkdir(filepath.Dir(exe), 0o755))
	require.NoError(t, os.WriteFile(exe, nil, 0o755))
	link := filepath.Join(dir, "link")
	require.NoError(t, os.Symlink(exe, link))
	require.NoError(t, checkTrust(exe))

	require.NoError(t, os.Chmod(exe, 0o757))
	assert.ErrorContains(t, checkTrust(link), "chmod go-w "+exe, "through the link, too")
	require.NoError(t, os.Chmod(exe, 0o755))
	require.NoError(t, os.Chmod(filepath.Dir(exe), 0o775))
	assert.ErrorContains(t, checkTrust(exe), "chmod go-w "+filepath.Dir(exe))
	require.NoError(t, os.Chmod(filepath.Dir(exe), 0o777|os.ModeSticky))
	assert.NoError(t, checkTrust(exe), "as /tmp")
	assert.ErrorIs(t, checkTrust(exe+"x"), os.ErrNotExist)
}
