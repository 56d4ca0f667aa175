package spec

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestDriveRelative checks that "C:x.json" counts as a relative path.
func TestDriveRelative(t *testing.T) {
	t.Chdir(t.TempDir())
	require.NoError(t, os.WriteFile("orders.json", nil, 0o600))
	wd, err := os.Getwd()
	require.NoError(t, err)
	s := &Spec{Name: "x", Executable: `C:\orders\orders.exe`, Args: []string{"-config=" + filepath.VolumeName(wd) + "orders.json"}}
	assert.ErrorContains(t, s.CheckPaths(), "write -config="+filepath.Join(wd, "orders.json"))
	s.Args = []string{`\\server\share\orders.json`, `C:\orders.json`, "C:", "a:b"}
	assert.NoError(t, s.CheckPaths())
}
