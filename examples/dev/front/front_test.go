package front

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/procx"
)

const limit = time.Minute // for what must come at some time

// behind returns a backend that answers by the handler, in both protocols.
func behind(t *testing.T, h http.HandlerFunc) *Backend {
	t.Helper()
	return speaking(t, protocols(true, true), h)
}

func speaking(t *testing.T, p *http.Protocols, h http.HandlerFunc) *Backend {
	t.Helper()
	server := httptest.NewUnstartedServer(h)
	server.Config.Protocols = p
	server.Start()
	t.Cleanup(server.Close)
	u, err := url.Parse(server.URL)
	require.NoError(t, err)
	b := NewBackend(u)
	t.Cleanup(b.Close)
	return b
}

// inFront serves a front with b behind it, and returns its URL.
func inFront(t *testing.T, b *Backend, polls ...string) (*Front, string) {
	t.Helper()
	f := New(Config{Why: func() (string, <-chan struct{}) { return "it is stopped: by you", nil }, Patience: limit, Polls: polls})
	f.Swap(b)
	return f, serve(t, f)
}

func serve(t *testing.T, f *Front) string {
	t.Helper()
	server := httptest.NewUnstartedServer(nil)
	server.Config = f.Server()
	server.Start()
	t.Cleanup(server.Close)
	return server.URL
}

// clients are one for each protocol.
func clients(t *testing.T) map[string]*http.Client {
	all := map[string]*http.Client{}
	for name, p := range map[string]*http.Protocols{"HTTP/1.1": protocols(true, false), "HTTP/2.0": protocols(false, true)} {
		transport := &http.Transport{Protocols: p}
		t.Cleanup(transport.CloseIdleConnections)
		all[name] = &http.Client{Transport: transport, Timeout: limit}
	}
	return all
}

func answer(t *testing.T, resp *http.Response, err error) (int, string) {
	t.Helper()
	require.NoError(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp.StatusCode, string(body)
}

func TestForwardsRequests(t *testing.T) {
	for proto, client := range clients(t) {
		t.Run(proto, func(t *testing.T) {
			procx.Check(t, nil)
			b := behind(t, func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				w.Header().Set("Trailer", "X-Announced")
				w.Header().Set("X-Answer", "yes")
				w.WriteHeader(http.StatusTeapot)
				fmt.Fprintln(w, r.Proto, r.Method, r.Host, r.URL, string(body), r.Trailer.Get("X-Sum"))
				w.Header().Set("X-Announced", "1")
				w.Header().Set(http.TrailerPrefix+"X-Surprise", "2")
			})
			f, base := inFront(t, b)
			req, err := http.NewRequest(http.MethodPost, base+"/a%2Fb?c=d;e", io.MultiReader(strings.NewReader("bo"), strings.NewReader("dy")))
			require.NoError(t, err)
			req.Host = "shop.example"
			req.Trailer = http.Header{"X-Sum": {"3"}}
			resp, err := client.Do(req)
			code, body := answer(t, resp, err)
			assert.Equal(t, http.StatusTeapot, code)
			assert.Equal(t, proto, resp.Proto)
			assert.Equal(t, "yes", resp.Header.Get("X-Answer"))
			assert.Equal(t, proto+" POST shop.example /a%2Fb?c=d;e body 3\n", body)
			assert.Equal(t, http.Header{"X-Announced": {"1"}, "X-Surprise": {"2"}}, resp.Trailer)
			assert.EqualValues(t, 1, f.Requests())
		})
	}
}

// TestHopByHop: what is about one connection stays there; all else passes, as it is.
func TestHopByHop(t *testing.T) {
	procx.Check(t, nil)
	got := make(chan http.Header, 1)
	_, base := inFront(t, behind(t, func(w http.ResponseWriter, r *http.Request) {
		got <- r.Header
		w.Header().Set("Connection", "X-Custom-Hop")
		w.Header().Set("X-Custom-Hop", "1")
		w.Header().Set("Keep-Alive", "timeout=5")
		w.Header().Set("X-Real-Header", "2")
	}))
	req, err := http.NewRequest(http.MethodGet, base, nil)
	require.NoError(t, err)
	for name, value := range map[string]string{
		"Connection": "keep-alive, X-Custom-Hop", "X-Custom-Hop": "1", "Proxy-Authorization": "Bearer secret", "Keep-Alive": "timeout=5", "X-Real-Header": "2",
	} {
		req.Header.Set(name, value)
	}
	resp, err := http.DefaultClient.Do(req)
	answer(t, resp, err)
	http.DefaultClient.CloseIdleConnections()
	for _, header := range []http.Header{<-got, resp.Header} {
		assert.Equal(t, "2", header.Get("X-Real-Header"))
		for _, name := range []string{"X-Custom-Hop", "Proxy-Authorization", "Keep-Alive"} {
			assert.Empty(t, header.Get(name), name)
		}
	}
}

// TestBodies: forms, JSON and compressed answers pass as they are.
func TestBodies(t *testing.T) {
	_, base := inFront(t, behind(t, func(w http.ResponseWriter, r *http.Request) {
		for _, name := range []string{"Content-Type", "Content-Encoding"} {
			w.Header().Set(name, r.Header.Get(name))
		}
		io.Copy(w, r.Body)
	}))
	for kind, body := range map[string]string{
		"application/x-www-form-urlencoded": "foo=bar&bad=%zz", "application/json; charset=utf-8": `{"foo": "bar"}`, "text/html": "\x1f\x8bcompressed",
	} {
		for proto, client := range clients(t) {
			req, err := http.NewRequest(http.MethodPut, base+"/a/b/c?q=air", strings.NewReader(body))
			require.NoError(t, err)
			req.Header.Set("Content-Type", kind)
			req.Header.Set("Content-Encoding", "br")
			resp, err := client.Do(req)
			code, got := answer(t, resp, err)
			assert.Equal(t, http.StatusOK, code)
			assert.Equal(t, body, got, "%s, %s", kind, proto)
			assert.Equal(t, kind, resp.Header.Get("Content-Type"))
			assert.Equal(t, "br", resp.Header.Get("Content-Encoding"))
			assert.EqualValues(t, len(body), resp.ContentLength)
		}
	}
}

func TestReportsWhyNothingServes(t *testing.T) {
	procx.Check(t, nil)
	_, base := inFront(t, nil)
	resp, err := http.Get(base)
	code, body := answer(t, resp, err)
	assert.Equal(t, http.StatusServiceUnavailable, code)
	assert.Equal(t, "1", resp.Header.Get("Retry-After"))
	assert.Contains(t, resp.Header.Get("Content-Type"), "text/plain")
	assert.Equal(t, "it is stopped: by you\n", body)
}

// A request that comes before the first process waits for it.
func TestWaits(t *testing.T) {
	procx.Check(t, nil)
	changed, waits := make(chan struct{}), make(chan struct{})
	f := New(Config{Patience: limit, Why: func() (string, <-chan struct{}) {
		defer close(waits) // asked a second time, it panics
		return "", changed
	}})
	base := serve(t, f)
	b := behind(t, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "here I am") })
	go func() {
		<-waits
		f.Swap(b)
		close(changed)
	}()
	resp, err := http.Get(base)
	code, body := answer(t, resp, err)
	assert.Equal(t, http.StatusOK, code)
	assert.Equal(t, "here I am", body)
}

// The process that serves when a request arrives answers it, even if another is swapped in later.
func TestSwap(t *testing.T) {
	for proto, client := range clients(t) {
		t.Run(proto, func(t *testing.T) {
			procx.Check(t, nil)
			asked, goOn := make(chan struct{}), make(chan struct{})
			old := behind(t, func(w http.ResponseWriter, r *http.Request) {
				w.(http.Flusher).Flush()
				close(asked)
				<-goOn
				io.WriteString(w, "old")
			})
			f, base := inFront(t, old)
			resp, err := client.Get(base) // the header is here: it has been flushed at once
			require.NoError(t, err)
			<-asked
			f.Swap(behind(t, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "new") }))
			other, err := client.Get(base)
			_, body := answer(t, other, err)
			assert.Equal(t, "new", body)

			over, cancel := context.WithCancel(t.Context())
			cancel()
			assert.Equal(t, 1, f.Drain(over, old), "no more time, one request is left")
			close(goOn)
			_, body = answer(t, resp, nil)
			assert.Equal(t, "old", body)
			assert.Zero(t, f.Drain(t.Context(), old))
		})
	}
}

// Clients that poll see nothing of a hundred swaps.
func TestHundredSwaps(t *testing.T) {
	procx.Check(t, nil)
	version := func(n int) *Backend {
		return behind(t, func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			fmt.Fprint(w, n)
			w.(http.Flusher).Flush() // a length leaves no room for a trailer
			w.Header().Set(http.TrailerPrefix+"X-Status", string(body))
		})
	}
	current := version(0)
	f, base := inFront(t, current)
	ctx, stop := context.WithCancel(t.Context())
	var polls sync.WaitGroup
	seen := make(chan int, 2) // of each client, how many versions it has seen
	for proto, client := range clients(t) {
		polls.Go(func() {
			last, versions := -1, 0
			for n := 0; ctx.Err() == nil; n++ {
				status := fmt.Sprint(n)
				resp, err := client.Post(base, "", io.MultiReader(strings.NewReader(status))) // which can't be sent again
				if !assert.NoError(t, err, proto) {
					break
				}
				body, err := io.ReadAll(resp.Body)
				resp.Body.Close()
				v := 0
				fmt.Sscan(string(body), &v)
				if !assert.NoError(t, err) || !assert.Equal(t, http.StatusOK, resp.StatusCode, "%s: %s", proto, body) ||
					!assert.Equal(t, status, resp.Trailer.Get("X-Status")) || !assert.GreaterOrEqual(t, v, last, "an older version came back") {
					break
				}
				if v > last {
					last, versions = v, versions+1
				}
			}
			seen <- versions
		})
	}
	for n := 1; n <= 100; n++ {
		old, before := current, f.Requests()
		current = version(n)
		f.Swap(current)
		require.Zero(t, f.Drain(t.Context(), old))
		require.Eventually(t, func() bool { return f.Requests() > before+4 }, limit, time.Millisecond)
	}
	stop()
	polls.Wait()
	assert.Greater(t, <-seen+<-seen, 100, "versions seen by the two clients")
	t.Log(f.Requests(), "requests")
}

func TestBackendDies(t *testing.T) {
	procx.Check(t, nil)
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	defer server.Close()
	u, err := url.Parse(server.URL)
	require.NoError(t, err)
	_, base := inFront(t, NewBackend(u))
	for range 2 { // in the middle of a request; before it
		for _, client := range clients(t) {
			resp, err := client.Post(base, "", strings.NewReader("x"))
			code, body := answer(t, resp, err)
			assert.Equal(t, http.StatusBadGateway, code)
			assert.Contains(t, body, "the service did not answer: ")
		}
		server.Close()
	}
}

func TestCheckPolls(t *testing.T) {
	assert.NoError(t, CheckPolls([]string{"/poll", "/orders/*/poll"}))
	err := CheckPolls([]string{"/poll", "/[x"})
	assert.ErrorIs(t, err, path.ErrBadPattern)
	assert.ErrorContains(t, err, `"/[x"`)
}

// Messages of net/http go to the caller's logger.
func TestErrorLog(t *testing.T) {
	var text bytes.Buffer
	f := New(Config{ErrorLog: log.New(&text, "", 0)})
	f.Server().ErrorLog.Print("server")
	f.proxy.ErrorLog.Print("proxy")
	assert.Equal(t, "server\nproxy\n", text.String())
}
