package testenv

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A Request is an HTTP request that is under way: its handler waits for the body.
type Request struct {
	conn    net.Conn
	answers *bufio.Reader
}

// BeginRequest sends the header of a POST to path, and returns when the handler waits for the body
// of that length. The test has a minute to go on.
func BeginRequest(t testing.TB, addr, path, contentType string, length int) *Request {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close() })
	require.NoError(t, conn.SetDeadline(time.Now().Add(time.Minute)))
	_, err = fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: %s\r\nContent-Length: %d\r\nExpect: 100-continue\r\n\r\n",
		path, addr, contentType, length)
	require.NoError(t, err)
	r := &Request{conn, bufio.NewReader(conn)}
	for _, want := range []string{"HTTP/1.1 100 Continue\r\n", "\r\n"} { // sent when the handler reads
		line, err := r.answers.ReadString('\n')
		require.NoError(t, err)
		require.Equal(t, want, line)
	}
	return r
}

// Finish sends the body and returns that of the answer. Any status but 200 is an error.
func (r *Request) Finish(body string) (answer string, err error) {
	if _, err := io.WriteString(r.conn, body); err != nil {
		return "", err
	}
	resp, err := http.ReadResponse(r.answers, nil)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", resp.Status, data)
	}
	return string(data), err
}

// AwaitClosed waits until nothing listens on addr any more, as when a server begins to shut down.
func AwaitClosed(t testing.TB, addr string) {
	t.Helper()
	require.Eventually(t, func() bool {
		conn, err := net.Dial("tcp", addr)
		if err == nil {
			conn.Close()
		}
		return err != nil
	}, time.Minute, 10*time.Millisecond, "%s still listens", addr)
}
