package house

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestReadmeCode builds each Go block of the READMEs as a package of the module.
func TestReadmeCode(t *testing.T) {
	needGo(t)
	for _, name := range []string{"README.md", "README.zh-CN.md"} {
		t.Run(name, func(t *testing.T) { buildBlocks(t, name) })
	}
}

func buildBlocks(t *testing.T, name string) {
	t.Helper()
	top := root(t)
	readme, err := os.ReadFile(filepath.Join(top, name))
	require.NoError(t, err)
	blocks := regexp.MustCompile("(?ms)^```go\n(.*?)^```$").FindAllSubmatch(readme, -1)
	require.NotEmpty(t, blocks)

	dir := t.TempDir()
	overlay := map[string]string{}
	var pkgs []string
	for i, block := range blocks {
		file := filepath.Join(dir, fmt.Sprint(i, ".go"))
		require.NoError(t, os.WriteFile(file, block[1], 0o600))
		pkg := fmt.Sprint("internal/house/readme", i)
		overlay[filepath.Join(top, filepath.FromSlash(pkg), "main.go")] = file
		pkgs = append(pkgs, "./"+pkg)
	}
	data, err := json.Marshal(map[string]any{"Replace": overlay})
	require.NoError(t, err)
	list := filepath.Join(dir, "overlay.json")
	require.NoError(t, os.WriteFile(list, data, 0o600))

	cmd := exec.Command("go", append([]string{"build", "-overlay", list, "-o", dir}, pkgs...)...)
	cmd.Dir = top
	out, err := cmd.CombinedOutput()
	assert.NoError(t, err, "%s", out)
}
