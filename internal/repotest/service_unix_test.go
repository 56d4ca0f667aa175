//go:build unix

package repotest

import (
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/internal/testenv"
)

func buildDir(t *testing.T) string { return t.TempDir() }

func hostPath(path string) string { return path }

func goBuild(t *testing.T, dir, exe string) { goCommand(t, dir, exe) }

// start runs exe on a console, until SIGTERM.
func start(t *testing.T, exe, _ string) program {
	t.Helper()
	var out testenv.Buffer
	cmd := exec.Command(exe)
	cmd.Stdout, cmd.Stderr = &out, &out
	cmd.WaitDelay = 10 * time.Second
	require.NoError(t, cmd.Start())
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() { cmd.Process.Kill() })
	return program{
		url: awaitURL(t, out.String),
		stop: func() (string, error) {
			if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
				return "", err
			}
			err := <-ended
			return out.String(), err
		},
	}
}
