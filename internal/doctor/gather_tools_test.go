package doctor

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A tool chain that another go has downloaded is not a second go; but it may be the only one.
func TestLookAll(t *testing.T) {
	name := "tool"
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	top := t.TempDir()
	put := func(dirs ...string) string {
		dir := filepath.Join(append([]string{top}, dirs...)...)
		require.NoError(t, os.MkdirAll(dir, 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), nil, 0o755))
		return dir
	}
	installed, downloaded := put("installed"), put("golang.org", "toolchain@v0.0.1-go1.27.3.linux-amd64", "bin")
	path := func(dirs ...string) string {
		list := ""
		for _, dir := range dirs {
			list += dir + string(os.PathListSeparator)
		}
		return list
	}
	t.Setenv("PATH", path(downloaded, installed, installed))
	assert.Equal(t, []string{filepath.Join(installed, name)}, lookAll("tool"))
	t.Setenv("PATH", path(downloaded, downloaded))
	assert.Equal(t, []string{filepath.Join(downloaded, name)}, lookAll("tool"))
	t.Setenv("PATH", path(top))
	assert.Empty(t, lookAll("tool"))
}
