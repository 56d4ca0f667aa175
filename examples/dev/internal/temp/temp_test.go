package temp

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/internal/testenv"
)

func TestMain(m *testing.M) { testenv.Main(m, map[string]func([]string) int{"hold": hold}) }

// hold makes a folder in the directory of the argument, says which, and never ends.
func hold(args []string) int {
	f, err := newIn(args, func(string, ...any) {})
	if err != nil {
		fmt.Println(err)
		return 1
	}
	fmt.Println(f.Dir)
	time.Sleep(time.Hour)
	return 0
}

func TestRemove(t *testing.T) {
	root := t.TempDir()
	f, err := newIn([]string{root}, t.Logf)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(f.Dir, "x"), nil, 0o600))
	require.NoError(t, f.Remove())
	left, err := os.ReadDir(root)
	require.NoError(t, err)
	assert.Empty(t, left)
}

// TestSweep: a folder stays for as long as its process runs, and no longer.
func TestSweep(t *testing.T) {
	root := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(root, "other"), 0o700))
	require.NoError(t, os.Mkdir(filepath.Join(root, prefix+"made again"), 0o700))
	holder := testenv.Command(t, "hold", root)
	out, err := holder.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, holder.Start())
	defer holder.Process.Kill()
	var held string
	_, err = fmt.Fscanln(out, &held)
	require.NoError(t, err)

	f, err := newIn([]string{root}, t.Logf)
	require.NoError(t, err)
	assert.DirExists(t, held)
	require.NoError(t, f.Remove())

	var left *exec.Cmd
	if runtime.GOOS == "linux" { // where a program that was left can be told
		sleep, err := exec.LookPath("sleep")
		require.NoError(t, err)
		data, err := os.ReadFile(sleep)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(held, "service"), data, 0o700))
		left = exec.Command(filepath.Join(held, "service"), "1000")
		require.NoError(t, left.Start())
	}
	require.NoError(t, holder.Process.Kill())
	holder.Wait()
	var said []string
	f, err = newIn([]string{root}, func(format string, args ...any) { said = append(said, fmt.Sprintf(format, args...)) })
	require.NoError(t, err)
	assert.NoDirExists(t, held)
	assert.DirExists(t, filepath.Join(root, "other"))
	assert.DirExists(t, filepath.Join(root, prefix+"made again"), "it may be in use")
	require.NotEmpty(t, said)
	assert.Contains(t, said[len(said)-1], "removed "+held)
	if left != nil {
		assert.ErrorContains(t, left.Wait(), "killed")
	}
	require.NoError(t, f.Remove())
}

// TestNowhere: the next place is taken where the first can't be, and the error says what to set.
func TestNowhere(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	root := t.TempDir()
	f, err := newIn([]string{file, root}, t.Logf)
	require.NoError(t, err)
	assert.Equal(t, root, filepath.Dir(f.Dir))
	require.NoError(t, f.Remove())
	_, err = newIn([]string{file}, t.Logf)
	assert.ErrorContains(t, err, "set TMPDIR")
}
