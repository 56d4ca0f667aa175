//go:build unix

package fake

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
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

	conn, err := net.Dial("tcp", addr)
	require.NoError(t, err)
	defer conn.Close()
	_, err = io.WriteString(conn, "POST / HTTP/1.1\r\nHost: fake\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
	require.NoError(t, err)
	answers := bufio.NewReader(conn)
	line, err := answers.ReadString('\n') // the handler waits for the two bytes
	require.NoError(t, err)
	require.Contains(t, line, "100 Continue")
	_, err = answers.Discard(len("\r\n"))
	require.NoError(t, err)

	require.NoError(t, syscall.Kill(os.Getpid(), syscall.SIGTERM)) // serve catches it
	require.Eventually(t, func() bool {
		c, err := net.Dial("tcp", addr)
		if err == nil {
			c.Close()
		}
		return err != nil
	}, time.Minute, 10*time.Millisecond, "it still listens")
	select {
	case err := <-ended:
		require.Fail(t, "it has ended with a request under way", "%v", err)
	case <-time.After(100 * time.Millisecond):
	}
	_, err = io.WriteString(conn, "ok")
	require.NoError(t, err)
	resp, err := http.ReadResponse(answers, nil)
	require.NoError(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	assert.Equal(t, "ok", string(body))
	assert.NoError(t, <-ended)
}
