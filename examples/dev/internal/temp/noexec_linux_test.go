package temp

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/surefoot-go/surefoot/internal/testenv"
)

// TestNoexec: programs can't be run from a file system that is mounted so.
func TestNoexec(t *testing.T) {
	if !testenv.InNetNS(t) {
		return
	}
	noexec := testenv.SmallDisk(t, "size=128k")
	require.NoError(t, unix.Mount("", noexec, "", unix.MS_REMOUNT|unix.MS_NOEXEC, ""))
	_, err := newIn([]string{noexec}, t.Logf)
	assert.ErrorContains(t, err, "noexec")
	assert.ErrorContains(t, err, "set TMPDIR")
	left, err := filepath.Glob(filepath.Join(noexec, "*"))
	require.NoError(t, err)
	assert.Empty(t, left)

	root := t.TempDir()
	f, err := newIn([]string{noexec, root}, t.Logf)
	require.NoError(t, err)
	assert.Equal(t, root, filepath.Dir(f.Dir))
	require.NoError(t, f.Remove())
}
