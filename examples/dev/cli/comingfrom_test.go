package cli

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestComingFrom: dev init makes of each file on the page for users of air and goreman what stands
// below it.
func TestComingFrom(t *testing.T) {
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip("no go command here, which tells whether a program reads PORT: ", err)
	}
	data, err := os.ReadFile("../../../docs/coming-from/air.md")
	if os.IsNotExist(err) {
		t.Skip("the page is in the repository, not in this module: ", err)
	}
	require.NoError(t, err)
	blocks := regexp.MustCompile("(?ms)^```\\w+\n(.*?)^```$").FindAllStringSubmatch(strings.ReplaceAll(string(data), "\r\n", "\n"), -1)
	require.Len(t, blocks, 4)
	for i, file := range []string{"Procfile", ".air.toml"} {
		t.Run(file, func(t *testing.T) {
			dir := t.TempDir()
			for name, text := range map[string]string{
				"go.mod":             "module example.com/shop\n\ngo 1.26\n",
				"cmd/web/main.go":    "package main\n\nimport \"os\"\n\nfunc main() { println(os.Getenv(\"PORT\")) }\n",
				"cmd/worker/main.go": "package main\n\nfunc main() {}\n",
				file:                 blocks[2*i][1],
			} {
				name = filepath.Join(dir, filepath.FromSlash(name))
				require.NoError(t, os.MkdirAll(filepath.Dir(name), 0o755))
				require.NoError(t, os.WriteFile(name, []byte(text), 0o644))
			}
			t.Setenv("GOFLAGS", "")
			require.NoError(t, initialize(dir, io.Discard))
			got, err := os.ReadFile(filepath.Join(dir, "dev.toml"))
			require.NoError(t, err)
			assert.Equal(t, blocks[2*i+1][1], string(got))
		})
	}
}
