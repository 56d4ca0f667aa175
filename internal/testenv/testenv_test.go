package testenv

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestMain(m *testing.M) {
	Main(m, map[string]func([]string) int{
		"echo": func(args []string) int { fmt.Println(args); return 3 },
	})
}

func TestCommand(t *testing.T) {
	out, err := Command(t, "echo", "a b", "").Output()
	var exit *exec.ExitError
	require.ErrorAs(t, err, &exit)
	assert.Equal(t, 3, exit.ExitCode())
	assert.Equal(t, "[a b ]\n", string(out))
}

func TestUnknownHelperFails(t *testing.T) {
	out, err := Command(t, "nobody").CombinedOutput()
	var exit *exec.ExitError
	require.ErrorAs(t, err, &exit)
	assert.Equal(t, 125, exit.ExitCode())
	assert.Contains(t, string(out), `no helper "nobody"`)
}

func TestInNetNS(t *testing.T) {
	if !InNetNS(t) {
		return
	}
	ifs, err := net.Interfaces()
	require.NoError(t, err)
	require.Len(t, ifs, 1)
	assert.NotZero(t, ifs[0].Flags&net.FlagUp)
	require.NoError(t, os.WriteFile("/proc/sys/net/ipv6/bindv6only", []byte("1"), 0))
	l, err := net.Listen("tcp", "127.0.0.1:80") // free here, whatever the machine serves
	require.NoError(t, err)
	require.NoError(t, l.Close())
}

func TestInSystemd(t *testing.T) {
	if !InSystemd(t) {
		return
	}
	out, err := exec.Command("systemctl", "show", "--property=Version").CombinedOutput()
	require.NoError(t, err, "%s", out)
	assert.Contains(t, string(out), "Version=")
}

// TestRemoveAll removes a directory that another holds for a moment, as Windows lets them.
func TestRemoveAll(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "dir")
	require.NoError(t, os.Mkdir(dir, 0o700))
	f, err := os.Create(filepath.Join(dir, "held")) // without FILE_SHARE_DELETE
	require.NoError(t, err)
	time.AfterFunc(100*time.Millisecond, func() { f.Close() })
	RemoveAll(t, dir)
	assert.NoDirExists(t, dir)
	RemoveAll(t, dir)
}
