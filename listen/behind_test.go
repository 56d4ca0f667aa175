package listen

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/surefoot-go/surefoot/internal/testenv"
)

// startNamed is like startHolder with a copy of this program under another name.
func startNamed(t *testing.T, name, network, address string) (pid, port int) {
	t.Helper()
	cmd := testenv.Command(t, "holder", network, address)
	program := filepath.Join(t.TempDir(), name)
	copyProgram(t, cmd.Path, program)
	cmd.Path, cmd.Args[0] = program, program
	return startHolderCommand(t, cmd)
}

func copyProgram(t *testing.T, from, to string) {
	t.Helper()
	if runtime.GOOS != "windows" {
		require.NoError(t, os.Symlink(from, to)) // the kernel takes the name from the link
		return
	}
	in, err := os.Open(from)
	require.NoError(t, err)
	defer in.Close()
	out, err := os.Create(to)
	require.NoError(t, err)
	_, err = io.Copy(out, in)
	require.NoError(t, err)
	require.NoError(t, out.Close())
}

// TestHintsForOwnerNames has real processes with these names hold the port. No hint may suggest ending
// them.
func TestHintsForOwnerNames(t *testing.T) {
	names := map[string]string{ // the name, and a part of the first hint; {pid} and {port} stand for the numbers
		"wslrelay.exe":           "wsl.exe ",
		"WslHost.exe":            "wsl.exe ",
		"com.docker.backend.exe": "docker ps --filter publish={port}",
	}
	if testenv.IsWine() { // a virus scanner would not like these names
		names["svchost.exe"] = `tasklist /svc /FI "PID eq {pid}"`
		names["lsass.exe"] = `tasklist /svc /FI "PID eq {pid}"`
	}
	switch runtime.GOOS {
	case "linux":
		names = map[string]string{
			"docker-proxy": "docker ps --filter publish={port}",
			"rootlesskit":  "docker ps --filter publish={port}",
			"rootlessport": "podman port --all",
			"systemd":      "systemctl --user list-sockets",
		}
	case "windows":
	default:
		t.Skip("processes can't be renamed here, or their names can't be read")
	}
	networks := []string{"tcp4", "udp4"}
	if testenv.IsWine() {
		networks = networks[:1] // it has no table for UDP
	}
	for name, first := range names {
		for _, network := range networks {
			t.Run(network+" "+name, func(t *testing.T) {
				pid, port := startNamed(t, name, network, "127.0.0.1:0")
				var err error
				if network == "tcp4" {
					_, err = Dual(fmt.Sprint("127.0.0.1:", port))
				} else {
					_, err = DualUDP(fmt.Sprint("127.0.0.1:", port))
				}
				var refused *Error
				require.ErrorAs(t, err, &refused)
				require.ErrorIs(t, err, ErrInUse)
				require.Len(t, refused.Owners, 1, "%v", err)
				assert.Equal(t, pid, refused.Owners[0].PID)
				assert.Equal(t, name, refused.Owners[0].Name)
				require.NotEmpty(t, refused.Hints)
				first := strings.NewReplacer("{pid}", fmt.Sprint(pid), "{port}", fmt.Sprint(port)).Replace(first)
				assert.Contains(t, refused.Hints[0], first)
				for _, hint := range refused.Hints {
					assert.NotContains(t, hint, "kill", "ending it would not help")
				}
				assert.Contains(t, err.Error(), fmt.Sprintf("%s (pid %d), which ", name, pid))
			})
		}
	}
}
