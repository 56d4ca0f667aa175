package winsvc

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestForeignSpareLogDir checks that a file in the place of the fallback directory is rejected, and
// that this account's directory is used.
func TestForeignSpareLogDir(t *testing.T) {
	temp := t.TempDir()
	t.Setenv("TMP", temp)
	name := "svcx-test-spare"
	require.NoError(t, os.WriteFile(filepath.Join(temp, name), nil, 0o600))
	_, err := makeSpareLogDir(name)
	require.ErrorContains(t, err, "a file or a link")

	require.NoError(t, os.Remove(filepath.Join(temp, name)))
	for range 2 { // this account owns the directory
		dir, err := makeSpareLogDir(name)
		require.NoError(t, err)
		assert.Equal(t, filepath.Join(temp, name), dir)
		assert.DirExists(t, dir)
	}
}
