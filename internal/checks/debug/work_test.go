package debugtest

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const surefoot = "github.com/surefoot-go/surefoot"

// A workspace builds the services, from where go.work is, with the library as it is there, and
// leaves go.mod as it is.
func TestWorkspace(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("builds a service")
	}
	dir := t.TempDir()
	copyTree(t, library, dir)
	exe := filepath.Join(dir, "service.exe")
	build := []string{"build", "-o", exe, "./examples/devloop/cmd/api-gateway"}
	out, err := goCommand(t, dir, build...).CombinedOutput()
	require.Error(t, err, "without a workspace")
	require.Contains(t, string(out), "does not contain package")

	runGo(t, dir, "work", "init", ".", "./examples/devloop")
	runGo(t, dir, build...)

	// As a copy that has left this repository, and requires what isn't released yet.
	mod := filepath.Join(dir, "examples", "devloop", "go.mod")
	runGo(t, filepath.Dir(mod), "mod", "edit", "-dropreplace", surefoot)
	runGo(t, dir, "work", "edit", "-replace", surefoot+"@v0.0.0=.")
	before, err := os.ReadFile(mod)
	require.NoError(t, err)
	const marker = "changed, and not released"
	require.NoError(t, os.WriteFile(filepath.Join(dir, "listen", "changed.go"),
		[]byte("package listen\n\nfunc init() { println(\""+marker+"\") }\n"), 0o644))
	runGo(t, dir, build...)
	program, err := os.ReadFile(exe)
	require.NoError(t, err)
	assert.True(t, bytes.Contains(program, []byte(marker)), "the library as it was")
	after, err := os.ReadFile(mod)
	require.NoError(t, err)
	assert.Equal(t, string(before), string(after))

	// With -mod=mod in GOFLAGS, the error says why it fails.
	cmd := goCommand(t, dir, build...)
	cmd.Env = append(cmd.Env, "GOFLAGS=-mod=mod")
	out, err = cmd.CombinedOutput()
	require.Error(t, err)
	assert.Contains(t, string(out), "workspace mode")
}

func TestGitIgnoresBuilds(t *testing.T) {
	if err := exec.Command("git", "-C", library, "rev-parse").Run(); err != nil {
		t.Skip("no git repository here")
	}
	for _, name := range []string{
		"go.work", "go.work.sum", "examples/devloop/go.work", "examples/devloop/bin/user-service", "examples/devloop/tmp/user-service/user-service",
	} {
		assert.NoError(t, exec.Command("git", "-C", library, "check-ignore", "-q", name).Run(), name)
	}
}
