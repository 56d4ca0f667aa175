// Package debugtest tests the files that devloop has for other programs, with the real programs: .vscode
// for VS Code and delve, cmd/*/.air.toml for air, the README's lines about go.work for the go command.
package debugtest

import (
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/internal/testenv"
)

const (
	limit   = 2 * time.Minute             // of a wait that is long only if something is wrong
	root    = "../../../examples/devloop" // the services' module
	library = "../../.."                  // surefoot's
)

func TestMain(m *testing.M) {
	testenv.Main(m, map[string]func([]string) int{"path": path})
}

// goCommand returns the go command without the user's settings. It does not call git, because the
// repository may belong to another account.
func goCommand(t *testing.T, dir string, args ...string) *exec.Cmd {
	t.Helper()
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip("needs the go command")
	}
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOFLAGS=-buildvcs=false", "GOWORK=", "GOTOOLCHAIN=local")
	return cmd
}

func runGo(t *testing.T, dir string, args ...string) string {
	t.Helper()
	out, err := goCommand(t, dir, args...).CombinedOutput()
	require.NoError(t, err, "go %s: %s", strings.Join(args, " "), out)
	return string(out)
}

// tool has the go command build a program, "example.com/tool@v1.2.3" say, and
// returns its path, which is in the go command's cache.
func tool(t *testing.T, pkg string) string {
	t.Helper()
	if testing.Short() {
		t.Skip("builds " + pkg)
	}
	helper := testenv.Command(t, "path")
	for range 2 { // the first "go run" builds it elsewhere, and deletes that
		cmd := goCommand(t, "", "run", "-exec", "'"+helper.Path+"'", pkg)
		cmd.Env = append(helper.Env, cmd.Env...)
		out, err := cmd.Output()
		if err != nil {
			t.Skipf("%s can't be had: %v", pkg, err)
		}
		if _, err := os.Stat(string(out)); err == nil {
			return string(out)
		}
	}
	t.Skipf("%s can't be had: the go command has no cache", pkg)
	return ""
}

// path prints the path of the program that it is to run.
func path(args []string) int {
	fmt.Print(args[0])
	return 0
}

// copyModule returns a copy of the services' module that a test can build and change.
func copyModule(t *testing.T) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir()) // as the compiler will call it
	require.NoError(t, err)
	copyTree(t, root, dir)
	abs, err := filepath.Abs(library)
	require.NoError(t, err)
	runGo(t, dir, "mod", "edit", "-replace", surefoot+"="+abs, "-replace", surefoot+"/examples/dev="+filepath.Join(abs, "examples", "dev"))
	return dir
}

// copyTree copies a folder without what git leaves out of it or keeps in it.
func copyTree(t *testing.T, from, to string) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(from, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if slices.Contains([]string{".git", "bin", "tmp", "go.work", "go.work.sum"}, d.Name()) {
			if d.IsDir() {
				return filepath.SkipDir
			}
			return nil // also a .git that is a file: a work tree's
		}
		rel, err := filepath.Rel(from, name)
		if err != nil {
			return err
		}
		if d.IsDir() {
			return os.MkdirAll(filepath.Join(to, rel), 0o755)
		}
		data, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(to, rel), data, 0o644)
	}))
}

// replace changes one place of a file.
func replace(t *testing.T, file, from, to string) {
	t.Helper()
	data, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, 1, strings.Count(string(data), from), "%q in %s", from, file)
	require.NoError(t, os.WriteFile(file, []byte(strings.Replace(string(data), from, to, 1)), 0o644))
}

// start starts a program, and gives what is closed at its end. At the end of the
// test, stop is to have it end, if it has not.
func start(t *testing.T, cmd *exec.Cmd, output *testenv.Buffer, stop func()) (ended <-chan struct{}) {
	t.Helper()
	cmd.Stdout, cmd.Stderr = output, output
	require.NoError(t, cmd.Start())
	done := make(chan struct{})
	go func() {
		defer close(done)
		cmd.Wait()
	}()
	t.Cleanup(func() {
		stop()
		select {
		case <-done:
		case <-time.After(limit):
			cmd.Process.Kill()
			t.Errorf("%s does not end", cmd.Path)
		}
		if t.Failed() {
			t.Logf("%s:\n%s", cmd.Path, output)
		}
	})
	return done
}

// interrupt ends a program as Ctrl+C does, where one program can do that to another.
func interrupt(cmd *exec.Cmd) {
	if cmd.Process.Signal(os.Interrupt) != nil {
		cmd.Process.Kill()
	}
}

// A place is where a service that a test starts writes its URL and its data.
type place struct{ addrFile, dir string }

func newPlace(t *testing.T) place {
	dir := t.TempDir()
	return place{filepath.Join(dir, "addr"), dir}
}

// env has a service listen at a free port, and find no other service.
func (p place) env() []string {
	return append(os.Environ(), "LISTEN=127.0.0.1:0", "ADDR_FILE="+p.addrFile, "DATA_DIR="+p.dir,
		"DATABASE_URL=", "REDIS_URL=", "DEBUG_ADDR=",
		"USER_SERVICE_URL=http://127.0.0.1:1", "ORDER_SERVICE_URL=http://127.0.0.1:1",
		"XDG_CONFIG_HOME="+p.dir, "TERM=dumb")
}

// url awaits that the service serves. output is what it, or who runs it, prints.
func (p place) url(t *testing.T, output *testenv.Buffer) string {
	t.Helper()
	var url []byte
	require.Eventually(t, func() bool {
		var err error
		url, err = os.ReadFile(p.addrFile)
		return err == nil
	}, limit, 10*time.Millisecond, "the service does not listen:\n%s", output)
	return string(url)
}

// get returns the status and the body of an answer, status 0 for none.
func get(url string) (status int, body string) {
	client := http.Client{Timeout: limit}
	res, err := client.Get(url)
	if err != nil {
		return 0, err.Error()
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		return 0, err.Error()
	}
	return res.StatusCode, string(b)
}
