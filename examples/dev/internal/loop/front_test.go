package loop

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/procx"
)

// behind returns a backend that answers by the handler.
func behind(t *testing.T, h http.HandlerFunc) (*backend, *httptest.Server) {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	u, err := url.Parse(server.URL)
	require.NoError(t, err)
	b := newBackend(u)
	t.Cleanup(b.transport.CloseIdleConnections)
	return b, server
}

// inFront serves a front with b behind it.
func inFront(t *testing.T, b *backend) (*front, *httptest.Server) {
	t.Helper()
	f := newFront(func() (string, <-chan struct{}) { return "it is stopped: by you", nil }, limit)
	f.swap(b)
	server := httptest.NewServer(f)
	t.Cleanup(server.Close)
	return f, server
}

func answer(t *testing.T, resp *http.Response, err error) (int, string) {
	t.Helper()
	require.NoError(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp.StatusCode, string(body)
}

func TestFrontPassesOn(t *testing.T) {
	procx.Check(t, nil)
	b, _ := behind(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("X-Answer", "yes")
		w.WriteHeader(http.StatusTeapot)
		fmt.Fprintln(w, r.Method, r.Host, r.URL, r.Header.Get("X-Forwarded-Host"), r.Header.Get("X-Forwarded-Proto"),
			r.Header.Get("X-Forwarded-For"), string(body))
	})
	_, server := inFront(t, b)
	req, err := http.NewRequest(http.MethodPost, server.URL+"/a%2Fb?c=d;e", strings.NewReader("body"))
	require.NoError(t, err)
	req.Host = "shop.example"
	req.Header.Set("X-Forwarded-For", "10.1.2.3")
	resp, err := http.DefaultClient.Do(req)
	code, body := answer(t, resp, err)
	assert.Equal(t, http.StatusTeapot, code)
	assert.Equal(t, "yes", resp.Header.Get("X-Answer"))
	assert.Equal(t, "POST shop.example /a%2Fb?c=d;e shop.example http 10.1.2.3, 127.0.0.1 body\n", body)
}

func TestFrontSaysWhyNothingServes(t *testing.T) {
	procx.Check(t, nil)
	_, server := inFront(t, nil)
	resp, err := http.Get(server.URL)
	code, body := answer(t, resp, err)
	assert.Equal(t, http.StatusServiceUnavailable, code)
	assert.Equal(t, "1", resp.Header.Get("Retry-After"))
	assert.Contains(t, resp.Header.Get("Content-Type"), "text/plain")
	assert.Equal(t, "it is stopped: by you\n", body)
}

// A request that comes before the first process waits for it.
func TestFrontWaits(t *testing.T) {
	procx.Check(t, nil)
	var changed broadcast
	waits := make(chan struct{})
	f := newFront(func() (string, <-chan struct{}) {
		defer close(waits) // asked a second time, it panics
		return "", changed.wait()
	}, limit)
	server := httptest.NewServer(f)
	defer server.Close()
	b, _ := behind(t, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "here I am") })
	go func() {
		<-waits
		f.swap(b)
		changed.notify()
	}()
	resp, err := http.Get(server.URL)
	code, body := answer(t, resp, err)
	assert.Equal(t, http.StatusOK, code)
	assert.Equal(t, "here I am", body)
}

// What serves when a request comes answers it, whatever is swapped in meanwhile.
func TestFrontSwap(t *testing.T) {
	procx.Check(t, nil)
	asked, goOn := make(chan struct{}), make(chan struct{})
	old, _ := behind(t, func(w http.ResponseWriter, r *http.Request) {
		w.(http.Flusher).Flush()
		close(asked)
		<-goOn
		io.WriteString(w, "old")
	})
	f, server := inFront(t, old)
	resp, err := http.Get(server.URL) // the header is here: it has been flushed at once
	require.NoError(t, err)
	<-asked
	fresh, _ := behind(t, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "new") })
	f.swap(fresh)
	other, err := http.Get(server.URL)
	_, body := answer(t, other, err)
	assert.Equal(t, "new", body)

	over, cancel := context.WithCancel(t.Context())
	cancel()
	assert.Equal(t, 1, f.drain(over, old), "no more time, one request is left")
	close(goOn)
	_, body = answer(t, resp, nil)
	assert.Equal(t, "old", body)
	assert.Zero(t, f.drain(t.Context(), old))
}

func TestFrontBackendDies(t *testing.T) {
	procx.Check(t, nil)
	b, backend := behind(t, func(w http.ResponseWriter, r *http.Request) { panic(http.ErrAbortHandler) })
	_, server := inFront(t, b)
	for range 2 { // in the middle of a request; before it
		resp, err := http.Post(server.URL, "", strings.NewReader("x"))
		code, body := answer(t, resp, err)
		assert.Equal(t, http.StatusBadGateway, code)
		assert.Contains(t, body, "the service did not answer: ")
		backend.Close()
	}
}

func TestFrontUpgrade(t *testing.T) {
	procx.Check(t, nil)
	b, _ := behind(t, func(w http.ResponseWriter, r *http.Request) {
		conn, buffered, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		defer conn.Close()
		io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: "+r.Header.Get("Upgrade")+"\r\n\r\n")
		line, _ := buffered.ReadString('\n')
		io.WriteString(conn, "echo "+line)
	})
	f, server := inFront(t, b)
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	require.NoError(t, err)
	defer conn.Close()
	fmt.Fprint(conn, "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
	answers := bufio.NewReader(conn)
	resp, err := http.ReadResponse(answers, nil)
	require.NoError(t, err)
	require.Equal(t, http.StatusSwitchingProtocols, resp.StatusCode)
	f.swap(nil)
	fmt.Fprint(conn, "hello\n")
	line, err := answers.ReadString('\n')
	require.NoError(t, err)
	assert.Equal(t, "echo hello\n", line)
	conn.Close()
	assert.Zero(t, f.drain(t.Context(), b))
}
