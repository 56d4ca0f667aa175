package repotest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/internal/testenv"
)

// buildDir returns a directory to build in, which under Wine the host's go command can find: there
// drive Z: is the host's root.
func buildDir(t *testing.T) string {
	t.Helper()
	testenv.NeedChange(t, "installs a service")
	if !testenv.IsWine() {
		return t.TempDir()
	}
	dir, err := os.MkdirTemp(`Z:\tmp`, "surefoot-readme-")
	require.NoError(t, err)
	t.Cleanup(func() { testenv.RemoveAll(t, dir) })
	return dir
}

// hostPath returns path as the go command that builds knows it.
func hostPath(path string) string {
	if testenv.IsWine() {
		return testenv.HostPath(path)
	}
	return path
}

// goBuild builds exe in dir. Under Wine there is no go command for Windows: the host's builds.
func goBuild(t *testing.T, dir, exe string) {
	t.Helper()
	if !testenv.IsWine() {
		goCommand(t, dir, exe)
		return
	}
	out, code := testenv.HostShell(t, fmt.Sprintf("cd '%s' && command -v go >/dev/null || exit 127\n"+
		"GOOS=windows CGO_ENABLED=0 go build -mod=mod -o %s .\n", hostPath(dir), exe))
	if code == 127 {
		t.Skip("needs the go command on Wine's host")
	}
	require.Zero(t, code, out)
}

// start installs exe as a service and starts it; it runs until the SCM stops it.
func start(t *testing.T, exe, name string) program {
	t.Helper()
	dir, err := os.MkdirTemp(os.Getenv("ProgramFiles"), name) // which ordinary users can't write
	require.NoError(t, err)
	t.Cleanup(func() { testenv.RemoveAll(t, dir) })
	logs := filepath.Join(os.Getenv("ProgramData"), name)
	t.Cleanup(func() { testenv.RemoveAll(t, logs) })
	data, err := os.ReadFile(exe)
	require.NoError(t, err)
	exe = filepath.Join(dir, filepath.Base(exe))
	require.NoError(t, os.WriteFile(exe, data, 0o700))
	command := func(name string) (string, error) {
		out, err := exec.Command(exe, name).CombinedOutput()
		return string(out), err
	}
	t.Cleanup(func() { command("stop"); command("uninstall") })
	for _, name := range []string{"install", "start"} {
		out, err := command(name)
		require.NoError(t, err, "%s: %s", name, out)
	}
	return program{
		url: awaitURL(t, func() string {
			text, _ := os.ReadFile(filepath.Join(logs, "output.log"))
			return string(text)
		}),
		stop: func() (string, error) { return command("stop") },
	}
}
