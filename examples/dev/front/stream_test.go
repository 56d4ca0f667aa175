package front

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/procx"
)

// streaming is a backend whose stream begins with the text, and goes on with what more sends until
// its client has gone.
func streaming(t *testing.T, begin string, more <-chan string) *Backend {
	t.Helper()
	return behind(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
		io.WriteString(w, begin)
		for {
			w.(http.Flusher).Flush()
			select {
			case text := <-more:
				io.WriteString(w, text)
			case <-r.Context().Done():
				return
			}
		}
	})
}

// A stream of events ends at a swap, after the event that is under way, as if it were complete.
func TestEventsEnd(t *testing.T) {
	const event = "id: 1\r\ndata: x\r\n\r\n"
	for _, test := range []struct{ name, begin, rest, want string }{
		{"before the first event", "", "", ""},
		{"between two", event, "", event},
		{"in the middle of one", event + "data: y", "\n\ndata: z", event + "data: y\n\n"},
		{"in the middle of one that never ends", event + "data: y\n", "", event + "data: y\n"},
	} {
		for proto, client := range clients(t) {
			t.Run(test.name+", "+proto, func(t *testing.T) {
				t.Parallel()
				more := make(chan string)
				old := streaming(t, test.begin, more)
				f, base := inFront(t, old)
				resp, err := client.Get(base)
				require.NoError(t, err)
				body := bufio.NewReader(resp.Body)
				begin := make([]byte, len(test.begin))
				_, err = io.ReadFull(body, begin)
				require.NoError(t, err)

				f.Swap(streaming(t, "", nil))
				if test.rest != "" {
					more <- test.rest
				}
				start := time.Now()
				rest, err := io.ReadAll(body)
				resp.Body.Close()
				assert.NoError(t, err, "a proper end")
				assert.Equal(t, test.want, string(begin)+string(rest))
				ctx, cancel := context.WithTimeout(t.Context(), limit)
				defer cancel()
				assert.Zero(t, f.Drain(ctx, old))
				if !strings.Contains(test.name, "never ends") {
					assert.Less(t, time.Since(start), goodbye)
				}
			})
		}
	}
}

// A client of events sees each version of a hundred; none of its requests fails.
func TestEventsThroughSwaps(t *testing.T) {
	for proto, client := range clients(t) {
		t.Run(proto, func(t *testing.T) {
			procx.Check(t, nil)
			version := func(n int) *Backend { return streaming(t, fmt.Sprintf("data: %d\n\n", n), nil) }
			current := version(0)
			f, base := inFront(t, current)
			var seen atomic.Int64
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			var source sync.WaitGroup
			source.Go(func() {
				for ctx.Err() == nil {
					req, err := http.NewRequestWithContext(ctx, http.MethodGet, base, nil)
					if !assert.NoError(t, err) {
						return
					}
					req.Header.Set("Accept", "text/event-stream")
					resp, err := client.Do(req)
					if ctx.Err() != nil || !assert.NoError(t, err) || !assert.Equal(t, http.StatusOK, resp.StatusCode) {
						return
					}
					lines := bufio.NewScanner(resp.Body)
					for lines.Scan() {
						n := int64(-1)
						if fmt.Sscanf(lines.Text(), "data: %d", &n); n >= 0 {
							seen.Store(n)
						}
					}
					resp.Body.Close()
					if ctx.Err() == nil && !assert.NoError(t, lines.Err(), "a proper end") {
						return
					}
				}
			})
			for n := 1; n <= 100; n++ {
				old := current
				current = version(n)
				f.Swap(current)
				assert.Zero(t, f.Drain(t.Context(), old))
				require.Eventually(t, func() bool { return seen.Load() == int64(n) }, limit, time.Millisecond)
			}
			stop()
			source.Wait()
		})
	}
}

// Any other answer of unknown length is complete, however long it takes: it may be a download.
func TestDownloadFinishes(t *testing.T) {
	procx.Check(t, nil)
	goOn := make(chan struct{})
	old := behind(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/x-ndjson")
		io.WriteString(w, "{}\n\n")
		w.(http.Flusher).Flush()
		<-goOn
		io.WriteString(w, "{}\n")
	})
	f, base := inFront(t, old)
	resp, err := http.Get(base)
	require.NoError(t, err)
	f.Swap(streaming(t, "", nil))
	close(goOn)
	_, body := answer(t, resp, err)
	assert.Equal(t, "{}\n\n{}\n", body)
}

// A long poll moves to the new process; a request that takes long does not.
func TestPolls(t *testing.T) {
	for _, test := range []struct {
		name, method, path string
		headers            map[string]string
		moves              bool
	}{
		{"by its path", "GET", "/orders/7/poll", nil, true},
		{"as it says", "GET", "/", map[string]string{"Prefer": "respond-async, wait=30"}, true},
		{"one of events", "GET", "/", map[string]string{"Accept": "application/json, text/event-stream"}, true},
		{"only the header", "HEAD", "/orders/7/poll", nil, true},
		{"a request that takes long", "GET", "/report", map[string]string{"Accept": "text/html"}, false},
		{"one that can't be sent twice", "POST", "/orders/7/poll", map[string]string{"Prefer": "wait=30"}, false},
		{"one with a body", "GET", "/orders/7/poll", map[string]string{"Content-Length": "1"}, false},
	} {
		for proto, client := range clients(t) {
			t.Run(test.name+", "+proto, func(t *testing.T) {
				procx.Check(t, nil)
				asked, goOn, left := make(chan struct{}), make(chan struct{}), make(chan struct{})
				old := behind(t, func(w http.ResponseWriter, r *http.Request) {
					io.Copy(io.Discard, r.Body)
					close(asked)
					select {
					case <-r.Context().Done():
						close(left)
					case <-goOn:
					}
					w.Header().Set("X-Version", "old")
				})
				f, base := inFront(t, old, "/orders/*/poll")
				var body io.Reader
				if test.headers["Content-Length"] != "" {
					body = strings.NewReader("x")
				}
				req, err := http.NewRequest(test.method, base+test.path, body)
				require.NoError(t, err)
				for name, value := range test.headers {
					req.Header.Set(name, value)
				}
				version := make(chan string, 1)
				go func() {
					resp, err := client.Do(req)
					if assert.NoError(t, err) {
						resp.Body.Close()
						version <- resp.Header.Get("X-Version")
					}
				}()
				<-asked
				f.Swap(behind(t, func(w http.ResponseWriter, r *http.Request) { w.Header().Set("X-Version", "new") }))
				if test.moves {
					assert.Equal(t, "new", <-version)
					<-left
				} else {
					close(goOn)
					assert.Equal(t, "old", <-version)
				}
				assert.Zero(t, f.Drain(t.Context(), old))
			})
		}
	}
}

// A long poll is told why nothing serves any more.
func TestPollOfStoppedService(t *testing.T) {
	procx.Check(t, nil)
	asked := make(chan struct{})
	f, base := inFront(t, behind(t, func(w http.ResponseWriter, r *http.Request) {
		close(asked)
		<-r.Context().Done()
	}), "/poll")
	go func() {
		<-asked
		f.Swap(nil)
	}()
	resp, err := http.Get(base + "/poll")
	code, body := answer(t, resp, err)
	assert.Equal(t, http.StatusServiceUnavailable, code)
	assert.Equal(t, "it is stopped: by you\n", body)
}

// A stream that opens on a process which has been swapped out is also told to go.
func TestLateStream(t *testing.T) {
	procx.Check(t, nil)
	asked, goOn := make(chan struct{}), make(chan struct{})
	old := behind(t, func(w http.ResponseWriter, r *http.Request) {
		close(asked)
		<-goOn
		w.Header().Set("Content-Type", "text/event-stream")
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	})
	f, base := inFront(t, old)
	go func() {
		<-asked
		f.Swap(nil)
		close(goOn)
	}()
	resp, err := http.Get(base)
	_, body := answer(t, resp, err)
	assert.Empty(t, body)
	assert.Zero(t, f.Drain(t.Context(), old))
}

// The end of dev does not wait for streams.
func TestShutdownEndsStreams(t *testing.T) {
	procx.Check(t, nil)
	old := streaming(t, "data: x\n\n", nil)
	f := New(Config{Why: func() (string, <-chan struct{}) { return "", nil }})
	f.Swap(old)
	server := httptest.NewUnstartedServer(nil)
	server.Config = f.Server()
	server.Start()
	defer server.Close()
	resp, err := http.Get(server.URL)
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	require.NoError(t, server.Config.Shutdown(ctx))
	_, body := answer(t, resp, nil)
	assert.Equal(t, "data: x\n\n", body)
}

func TestBoundary(t *testing.T) {
	for _, test := range []struct {
		text string
		want int // where the first event ends; 0: nowhere
	}{
		{"data: x\n\ndata: y\n\n", 9},
		{"data: x\r\n\r\ndata: y", 10}, // the LF that follows is of the same end
		{"data: x\r\rdata", 9},
		{"data: x\n\r\ndata", 9},
		{"\ndata", 1},
		{": a comment\n\n", 13},
		{"data: x\r\n", 0},
		{"data: x\ndata: y", 0},
		{"", 0},
	} {
		whole := newBoundary()
		n := whole.pass([]byte(test.text), true)
		if test.want == 0 {
			assert.Equal(t, len(test.text), n, "%q", test.text)
			assert.Equal(t, test.text == "", whole.between, "%q", test.text)
		} else {
			assert.Equal(t, test.want, n, "%q", test.text)
			assert.True(t, whole.between, "%q", test.text)
		}
		// In pieces it is the same.
		pieces, at := newBoundary(), 0
		text := iotest.OneByteReader(strings.NewReader(test.text))
		for at < n {
			var one [1]byte
			if _, err := text.Read(one[:]); err != nil {
				break
			}
			at += pieces.pass(one[:], true)
		}
		assert.Equal(t, whole, pieces, "%q", test.text)
	}
}
