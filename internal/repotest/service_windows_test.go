package repotest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

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
		return filepath.ToSlash(strings.TrimPrefix(path, "Z:"))
	}
	return path
}

// goBuild builds exe in dir. Under Wine there is no go command for Windows, but Wine starts the
// programs of its host as well. Such a process can't be waited for, so its shell leaves the exit
// code in a file.
func goBuild(t *testing.T, dir, exe string) {
	t.Helper()
	if !testenv.IsWine() {
		goCommand(t, dir, exe)
		return
	}
	script := fmt.Sprintf("cd '%s' && command -v go >/dev/null || { echo 127 >ended; exit; }\n"+
		"GOOS=windows CGO_ENABLED=0 go build -mod=mod -o %s . >out 2>&1\necho $? >ended.new && mv ended.new ended\n", hostPath(dir), exe)
	p, err := os.StartProcess(`Z:\bin\sh`, []string{"sh", "-c", script}, &os.ProcAttr{Dir: dir, Files: make([]*os.File, 3)})
	require.NoError(t, err)
	p.Release()
	var code string
	require.Eventually(t, func() bool {
		text, err := os.ReadFile(filepath.Join(dir, "ended"))
		code = strings.TrimSpace(string(text))
		return err == nil && code != ""
	}, 5*time.Minute, 50*time.Millisecond, "the build does not end")
	if code == "127" {
		t.Skip("needs the go command on Wine's host")
	}
	out, _ := os.ReadFile(filepath.Join(dir, "out"))
	require.Equal(t, "0", code, "%s", out)
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
