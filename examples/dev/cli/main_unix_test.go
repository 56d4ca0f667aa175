//go:build unix

package cli

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/internal/testenv"
)

func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == guardArg {
		Main() // as its own guard
	}
	testenv.Main(m, map[string]func([]string) int{"dev": func(args []string) int {
		os.Args = append(os.Args[:1], args...)
		Main()
		return 0
	}})
}

// startDev starts dev with its temporary folder in temp, and returns it and what it prints.
func startDev(t *testing.T, temp string, args ...string) (*exec.Cmd, io.ReadCloser) {
	t.Helper()
	cmd := testenv.Command(t, "dev", args...)
	cmd.Env = append(cmd.Env, "TMPDIR="+temp)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	return cmd, out
}

// TestEnds: signals, a terminal that is closed, and the end of who reads the output end dev, with
// what it has started and its temporary folder.
func TestEnds(t *testing.T) {
	for name, sig := range map[string]syscall.Signal{"Ctrl+C": syscall.SIGINT, "SIGTERM": syscall.SIGTERM, "SIGHUP": syscall.SIGHUP, "and no reader": syscall.SIGINT} {
		t.Run(name, func(t *testing.T) {
			dir, temp := t.TempDir(), t.TempDir()
			file := filepath.Join(dir, "dev.toml")
			require.NoError(t, os.WriteFile(file, []byte("[[service]]\nname = \"w\"\nrun = \"echo $$ >pid; sleep 1000 & wait\"\n"), 0o600))
			cmd, out := startDev(t, temp, "-config", file, "-status", "")
			ended := make(chan error, 1)
			lines := bufio.NewScanner(out)
			for lines.Scan() && !strings.Contains(lines.Text(), "w: serves") {
			}
			left, err := filepath.Glob(filepath.Join(temp, "*"))
			require.NoError(t, err)
			assert.Len(t, left, 1)
			if name == "and no reader" {
				out.Close()
			}
			require.NoError(t, cmd.Process.Signal(sig))
			go func() {
				for lines.Scan() {
				}
				ended <- cmd.Wait()
			}()
			select {
			case err := <-ended:
				assert.NoError(t, err)
			case <-time.After(time.Minute):
				require.NoError(t, cmd.Process.Kill())
				t.Fatal("it does not end")
			}
			left, err = filepath.Glob(filepath.Join(temp, "*"))
			require.NoError(t, err)
			assert.Empty(t, left)
		})
	}
}

// TestChanged: dev runs what the file says after a change, and ends as ever.
func TestChanged(t *testing.T) {
	dir, temp := t.TempDir(), t.TempDir()
	file := filepath.Join(dir, "dev.toml")
	save := func(word string) {
		text := "[[service]]\nname = \"w\"\nrun = \"echo " + word + "; sleep 1000 & wait\"\n"
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	}
	save("one")
	cmd, out := startDev(t, temp, "-config", file, "-status", "localhost:0")
	timer := time.AfterFunc(time.Minute, func() { cmd.Process.Kill() })
	defer timer.Stop()
	lines := bufio.NewScanner(out)
	for _, word := range []string{"one", "two", "three"} {
		save(word)
		seen := false
		for !seen && lines.Scan() {
			seen = strings.HasSuffix(lines.Text(), "| "+word)
		}
		require.True(t, seen, word)
		left, err := filepath.Glob(filepath.Join(temp, "*"))
		require.NoError(t, err)
		assert.Len(t, left, 1)
	}
	require.NoError(t, cmd.Process.Signal(syscall.SIGINT))
	for lines.Scan() {
	}
	require.NoError(t, cmd.Wait())
	left, err := filepath.Glob(filepath.Join(temp, "*"))
	require.NoError(t, err)
	assert.Empty(t, left)
}
