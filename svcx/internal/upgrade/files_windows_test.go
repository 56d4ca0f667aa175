package upgrade

import (
	"bufio"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/surefoot-go/surefoot/internal/testenv"
)

// TestCheckIsNotLeft checks that a program that hangs during its check is terminated when the
// upgrade ends or is killed. Otherwise no other upgrade could begin.
func TestCheckIsNotLeft(t *testing.T) {
	exe, err := os.Executable()
	require.NoError(t, err)
	program, err := os.ReadFile(exe)
	require.NoError(t, err)
	staged := filepath.Join(t.TempDir(), "orders.svcx-new.exe")
	require.NoError(t, os.WriteFile(staged, program, 0o755))
	cmd := testenv.Command(t, "checker", staged)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	assert.Equal(t, "started\n", line)
	assert.Error(t, os.Remove(staged), "it runs")
	require.NoError(t, cmd.Process.Kill())
	cmd.Wait()
	for limit := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		err := os.Remove(staged)
		if err == nil {
			break
		}
		require.True(t, time.Now().Before(limit), "%v", err)
	}
}
