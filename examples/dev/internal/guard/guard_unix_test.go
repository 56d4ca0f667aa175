//go:build unix

package guard

import (
	"bytes"
	"fmt"
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
	testenv.Main(m, map[string]func([]string) int{
		"guard": func([]string) int { return Main() },
		"dev":   dev,
	})
}

// dev guards itself and the folder of the argument, starts a process that outlives it, which starts
// another, says the number of their group, and never ends.
func dev(args []string) int {
	exe, err := os.Executable()
	if err != nil {
		return 1
	}
	os.Setenv("SUREFOOT_TEST_HELPER", "guard")
	g, err := Start([]string{exe}, args[0])
	if err != nil {
		fmt.Println(err)
		return 1
	}
	cmd := exec.Command("/bin/sh", "-c", "sleep 1000 & sleep 1000")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		fmt.Println(err)
		return 1
	}
	g.Add(cmd.Process.Pid)
	g.Add(999999999)
	g.Remove(999999999)
	fmt.Println(cmd.Process.Pid)
	time.Sleep(time.Hour)
	return 0
}

// TestKilled kills a dev: what it has started ends, and its folder goes.
func TestKilled(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "folder")
	require.NoError(t, os.Mkdir(dir, 0o700))
	cmd := testenv.Command(t, "dev", dir)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	var group int
	_, err = fmt.Fscanln(out, &group)
	require.NoError(t, err)
	t.Cleanup(func() { syscall.Kill(-group, syscall.SIGKILL) })
	assert.True(t, exists(group))
	require.NoError(t, cmd.Process.Kill())
	cmd.Wait()
	require.Eventually(t, func() bool { return !exists(group) }, time.Minute, 10*time.Millisecond)
	require.Eventually(t, func() bool { _, err := os.Stat(dir); return os.IsNotExist(err) }, time.Minute, 10*time.Millisecond)
}

// TestEnd: a dev that ends as it should leaves nothing to do.
func TestEnd(t *testing.T) {
	dir := t.TempDir()
	exe, err := os.Executable()
	require.NoError(t, err)
	t.Setenv("SUREFOOT_TEST_HELPER", "guard")
	g, err := Start([]string{exe}, dir)
	require.NoError(t, err)
	g.Add(999999999)
	g.Close()
	assert.True(t, g.cmd.ProcessState.Success())
	assert.DirExists(t, dir)

	var none *Guard
	none.Add(1)
	none.Remove(1)
	none.Close()
	_, err = Start([]string{filepath.Join(dir, "none")}, dir)
	assert.ErrorContains(t, err, "guard: ")
}

func TestRead(t *testing.T) {
	var b bytes.Buffer
	fmt.Fprintf(&b, "dir %q\nadd 10\nadd 11\nadd 0\nadd x\nremove 10\nremove\nother\n", "/a b\n")
	dir, groups, ended := read(&b)
	assert.Equal(t, "/a b\n", dir)
	assert.Equal(t, map[int]bool{11: true}, groups, "never 0 or 1, which would be all")
	assert.False(t, ended)
	_, _, ended = read(strings.NewReader("end\n"))
	assert.True(t, ended)
}
