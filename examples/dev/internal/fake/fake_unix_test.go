//go:build unix

package fake

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/internal/testenv"
)

// TestStopAnswersRequests stops the service in the middle of a request.
func TestStopAnswersRequests(t *testing.T) {
	file := filepath.Join(t.TempDir(), "addr")
	t.Setenv("LISTEN", "127.0.0.1:0")
	t.Setenv("ADDR_FILE", file)
	ended := make(chan error, 1)
	go func() { ended <- serve("1", "ok") }()
	var url []byte
	require.Eventually(t, func() bool {
		url, _ = os.ReadFile(file)
		return len(url) > 0
	}, time.Minute, 10*time.Millisecond)
	addr := strings.TrimPrefix(string(url), "http://")

	request := testenv.BeginRequest(t, addr, "/", "text/plain", 2)
	require.NoError(t, syscall.Kill(os.Getpid(), syscall.SIGTERM)) // serve catches it
	testenv.AwaitClosed(t, addr)
	select {
	case err := <-ended:
		require.Fail(t, "it has ended with a request under way", "%v", err)
	case <-time.After(100 * time.Millisecond):
	}
	answer, err := request.Finish("ok")
	require.NoError(t, err)
	assert.Equal(t, "ok", answer)
	assert.NoError(t, <-ended)
}
