//go:build unix

package inspect

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/internal/testenv"
)

// TestServeWithoutDescriptors checks that a server that has run out of descriptors still serves
// existing connections, and new ones as soon as it can.
func TestServeWithoutDescriptors(t *testing.T) {
	if !testenv.InOwnProcess(t) {
		return
	}
	leave := testenv.Starve(t)
	s := start(t, Options{})
	dial := func() net.Conn {
		c, err := net.Dial("tcp", strings.TrimPrefix(s.URL(), "http://"))
		require.NoError(t, err)
		require.NoError(t, c.SetDeadline(time.Now().Add(time.Minute)))
		t.Cleanup(func() { c.Close() })
		return c
	}
	goroutines := func(c net.Conn) string {
		_, err := io.WriteString(c, "GET /debug/pprof/goroutine?debug=1 HTTP/1.1\r\nHost: "+c.RemoteAddr().String()+"\r\n\r\n")
		require.NoError(t, err)
		response, err := http.ReadResponse(bufio.NewReader(c), nil)
		require.NoError(t, err)
		defer response.Body.Close()
		body, err := io.ReadAll(response.Body)
		require.NoError(t, err)
		require.Equal(t, http.StatusOK, response.StatusCode)
		return string(body)
	}
	early := dial()
	goroutines(early) // until it is accepted
	leave(1)
	late := dial()
	leave(0)
	assert.Contains(t, goroutines(early), "TestServeWithoutDescriptors")
	leave(-1)
	assert.Contains(t, goroutines(late), "TestServeWithoutDescriptors")
	require.NoError(t, s.Close())
}
