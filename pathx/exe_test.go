package pathx

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/internal/testenv"
)

func TestOpenAcrossProcesses(t *testing.T) {
	dir := t.TempDir()
	exe := copyExecutable(t, filepath.Join(dir, "bin"))
	t.Setenv("XDG_CONFIG_HOME", filepath.Join(dir, "user"))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "bin", file), nil, 0o644))
	request, err := json.Marshal(Finder{App: app})
	require.NoError(t, err)

	cmd := testenv.Command(t, "find", string(request))
	cmd.Path, cmd.Args[0] = exe, exe
	cmd.Dir = t.TempDir()
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	assert.Equal(t, filepath.Join(dir, "bin", file), string(out))
}

func copyExecutable(t *testing.T, dir string) string {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	data, err := os.ReadFile(self)
	require.NoError(t, err)
	require.NoError(t, os.MkdirAll(dir, 0o755))
	exe := filepath.Join(dir, filepath.Base(self))
	require.NoError(t, os.WriteFile(exe, data, 0o755))
	return exe
}

func TestIsGoRun(t *testing.T) {
	hash := strings.Repeat("0123456789abcdef", 4)
	for _, tt := range []struct {
		goos, path string
		want       bool
	}{
		{"linux", "/tmp/go-build3428486091/b001/exe/main", true},
		{"windows", `C:\Users\a\AppData\Local\Temp\go-build1862938995\b001\exe\x.exe`, true},
		{"linux", "/root/.cache/go-build/01/" + hash + "-d/stringer", true},
		{"linux", "/tmp/go-build3428486091/b001/pathx.test", false},
		{"linux", "/usr/local/bin/orders", false},
		{"linux", "/srv/go-build/b1/exe/orders", false},
		{"linux", `/srv/go-build1\b001\exe\orders`, false},
		{"linux", "orders", false},
	} {
		assert.Equal(t, tt.want, isGoRun(tt.goos, tt.path), tt.path)
	}
}
