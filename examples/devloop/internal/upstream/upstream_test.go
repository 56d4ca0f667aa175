package upstream

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/examples/devloop/internal/service"
	"github.com/surefoot-go/surefoot/procx"
)

func TestMain(m *testing.M) { os.Exit(procx.CheckMain(m, nil)) }

func newClient(t *testing.T, base string) *Client {
	c, _ := newCounted(t, base)
	return c
}

// newCounted returns a client, and what reads one of its counters.
func newCounted(t *testing.T, base string) (c *Client, count func(name, code string) float64) {
	registry := prometheus.NewRegistry()
	c = New("other", base, registry)
	t.Cleanup(func() { assert.NoError(t, c.Close()) })
	return c, func(name, code string) float64 {
		families, err := registry.Gather()
		require.NoError(t, err)
		for _, family := range families {
			for _, m := range family.GetMetric() {
				labels := m.GetLabel() // by name: code or result, upstream
				if family.GetName() == name && labels[0].GetValue() == code {
					return m.GetCounter().GetValue()
				}
			}
		}
		return 0
	}
}

// The behaviour of a server for one attempt.
func answer(status int, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		fmt.Fprintf(w, "%q", http.StatusText(status))
	}
}

// cut breaks off within the answer.
func cut(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Length", "1000")
	w.Write([]byte(`"some`))
	panic(http.ErrAbortHandler)
}

// drop breaks off before the answer.
func drop(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

// stall breaks off within the answer, by silence.
func stall(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Length", "1000")
	w.Write([]byte(`"some`))
	http.NewResponseController(w).Flush()
	slow(w, r)
}

// slow does not answer at all.
func slow(_ http.ResponseWriter, r *http.Request) {
	io.Copy(io.Discard, r.Body) // or the server does not see the client go
	<-r.Context().Done()
}

func TestDo(t *testing.T) {
	ok, no := answer(200), answer(503)
	key := http.Header{KeyHeader: {"k"}}
	for _, tt := range []struct {
		name   string
		method string
		header http.Header
		tries  []http.HandlerFunc // the last one holds for all later tries
		status int                // 0: an error
		want   int                // tries
	}{
		{"good", "GET", nil, []http.HandlerFunc{ok}, 200, 1},
		{"not found is an answer", "GET", nil, []http.HandlerFunc{answer(404)}, 404, 1},
		{"so is a failure within", "GET", nil, []http.HandlerFunc{answer(500)}, 500, 1},
		{"and a redirect", "GET", nil, []http.HandlerFunc{answer(302, "Location", "/other")}, 302, 1},
		{"503, then good", "GET", nil, []http.HandlerFunc{no, ok}, 200, 2},
		{"502, 504, then good", "GET", nil, []http.HandlerFunc{answer(502), answer(504), ok}, 200, 3},
		{"503 to the end", "GET", nil, []http.HandlerFunc{no}, 503, maxTries},
		{"503, which has been retried", "GET", nil, []http.HandlerFunc{answer(503, service.NoRetryHeader, "true"), ok}, 503, 1},
		{"cut, then good", "GET", nil, []http.HandlerFunc{cut, ok}, 200, 2},
		{"cut late, then good", "GET", nil, []http.HandlerFunc{stall, ok}, 200, 2},
		{"dropped, then good", "DELETE", nil, []http.HandlerFunc{drop, ok}, 200, 2},
		{"slow, then good", "GET", nil, []http.HandlerFunc{slow, ok}, 200, 2},
		{"slow to the end", "GET", nil, []http.HandlerFunc{slow}, 0, maxTries},
		{"cut to the end", "GET", nil, []http.HandlerFunc{cut}, 0, maxTries},
		{"POST: 503", "POST", nil, []http.HandlerFunc{no, ok}, 503, 1},
		{"POST: cut", "POST", nil, []http.HandlerFunc{cut, ok}, 0, 1},
		{"POST: dropped", "POST", nil, []http.HandlerFunc{drop, ok}, 0, 1},
		{"POST: slow", "POST", nil, []http.HandlerFunc{slow, ok}, 0, 1},
		{"POST with key: 503, then good", "POST", key, []http.HandlerFunc{no, ok}, 200, 2},
		{"POST with key: cut, then good", "POST", key, []http.HandlerFunc{cut, ok}, 200, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var n atomic.Int64
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				n := int(n.Add(1))
				assert.Equal(t, "/x?y=z", r.URL.String())
				assert.Equal(t, "req-1", r.Header.Get(service.RequestIDHeader))
				assert.Equal(t, tt.header.Get(KeyHeader), r.Header.Get(KeyHeader), "the same at each try")
				tt.tries[min(n, len(tt.tries))-1](w, r)
			}))
			t.Cleanup(server.Close)
			c, count := newCounted(t, server.URL)

			ctx, cancel := context.WithTimeout(service.WithRequestID(t.Context(), "req-1"), 4*time.Second)
			defer cancel()
			res, err := c.Do(ctx, tt.method, "/x?y=z", tt.header, []byte("body"))
			if tt.status == 0 {
				require.Error(t, err)
				assert.Contains(t, err.Error(), "other: ", "names the service")
			} else {
				require.NoError(t, err)
				assert.Equal(t, tt.status, res.Status)
				assert.Equal(t, fmt.Sprintf("%q", http.StatusText(tt.status)), string(res.Body))
				assert.Equal(t, tt.status == 503, res.Header.Get(service.NoRetryHeader) != "", "for callers of the caller")
			}
			assert.EqualValues(t, tt.want, n.Load(), "tries")
			assert.EqualValues(t, tt.want-1, count("upstream_retries_total", "sent"))
			assert.Zero(t, count("upstream_retries_total", "refused"))
		})
	}
}

// Each try tells the other service to be done before the try ends, and all tries end before the
// caller's time is over.
func TestTimePassesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var limits, ends []time.Duration
		begin := time.Now()
		c := newClient(t, "http://other")
		c.http.Transport = roundTrip(func(r *http.Request) (*http.Response, error) {
			ms, err := strconv.Atoi(r.Header.Get(service.TimeoutHeader))
			assert.NoError(t, err)
			limits = append(limits, time.Since(begin)+time.Duration(ms)*time.Millisecond)
			<-r.Context().Done()
			ends = append(ends, time.Since(begin))
			return nil, r.Context().Err()
		})
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		_, err := c.Do(ctx, "GET", "/", nil, nil)
		assert.ErrorIs(t, err, context.DeadlineExceeded)
		require.Len(t, limits, maxTries)
		for i, limit := range limits {
			assert.Less(t, limit, ends[i], "the inner time-out comes first")
		}
		assert.Equal(t, 2*time.Second, ends[maxTries-1])
		assert.Equal(t, 2*time.Second, time.Since(begin))

		limits, ends, begin = nil, nil, time.Now()
		_, err = c.Do(t.Context(), "POST", "/", nil, nil)
		assert.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Equal(t, []time.Duration{service.MaxTime}, ends, "what can't be retried has all the time; without a limit, the service's own")
	})
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// While a service is down, retries are a tenth of the requests, after the ten to begin with.
func TestBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, count := newCounted(t, "http://other")
		c.http.Transport = roundTrip(func(*http.Request) (*http.Response, error) { return nil, io.ErrUnexpectedEOF })
		for range 1000 {
			_, err := c.Do(t.Context(), "GET", "/", nil, nil)
			require.Error(t, err)
		}
		sent, refused := count("upstream_retries_total", "sent"), count("upstream_retries_total", "refused")
		assert.InDelta(t, 10+1000/10, sent, 1)
		assert.EqualValues(t, 1000+sent, count("upstream_requests_total", "error"))
		assert.Greater(t, refused, 800.0)
		for range 1000 { // the budget does not grow without limit
			c.budget.add()
		}
		for range maxTenths / 10 {
			assert.True(t, c.budget.take())
		}
		assert.False(t, c.budget.take())
	})
}

func TestDoStopsWithCaller(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(slow))
	t.Cleanup(server.Close)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	_, err := newClient(t, server.URL).Do(ctx, "GET", "/", nil, nil)
	assert.ErrorIs(t, err, context.DeadlineExceeded)
}

// A POST without a key is retried if it was never sent: the server starts after the first try.
func TestDoReachesStartingServer(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := l.Addr().String()
	require.NoError(t, l.Close())

	c, count := newCounted(t, "http://"+address)
	c.http.Transport.(*http.Transport).DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		if err != nil { // it starts just after the first try
			l, listenErr := net.Listen(network, address)
			if assert.NoError(t, listenErr) {
				server := &httptest.Server{Listener: l, Config: &http.Server{Handler: answer(201)}}
				server.Start()
				t.Cleanup(server.Close)
			}
		}
		return conn, err
	}
	res, err := c.Do(t.Context(), "POST", "/", nil, []byte("{}"))
	require.NoError(t, err)
	assert.Equal(t, 201, res.Status)
	assert.EqualValues(t, 1, count("upstream_requests_total", "error"))
	assert.EqualValues(t, 1, count("upstream_requests_total", "201"))
}

// "localhost" is both families, whatever the hosts file says and whichever the server has.
func TestLocalhost(t *testing.T) {
	for network, ip := range map[string]string{"tcp4": "127.0.0.1", "tcp6": "::1"} {
		t.Run(network, func(t *testing.T) {
			l, err := net.Listen(network, net.JoinHostPort(ip, "0"))
			if err != nil {
				t.Skipf("this machine has no %s: %v", ip, err)
			}
			server := &httptest.Server{Listener: l, Config: &http.Server{Handler: answer(200)}}
			server.Start()
			t.Cleanup(server.Close)
			_, port, _ := net.SplitHostPort(l.Addr().String())
			assert.NoError(t, newClient(t, "http://localhost:"+port).Ready(t.Context()))
		})
	}
}

func TestRetryAfter(t *testing.T) {
	for _, tt := range []struct {
		header   string
		min, max time.Duration
	}{
		{"", firstWait, 2 * firstWait},
		{"0", firstWait, 2 * firstWait},
		{"1", time.Second, time.Second},
		{"3600", maxWait, maxWait},
		{"-1", firstWait, 2 * firstWait},
		{"Wed, 21 Oct 2026 07:28:00 GMT", firstWait, 2 * firstWait},
	} {
		d := wait(1, &Response{Status: 503, Header: http.Header{"Retry-After": {tt.header}}})
		assert.GreaterOrEqual(t, d, tt.min, "%q", tt.header)
		assert.LessOrEqual(t, d, tt.max, "%q", tt.header)
	}
}

func TestGet(t *testing.T) {
	large := func(w http.ResponseWriter, _ *http.Request) { w.Write(make([]byte, maxBody+1)) }
	for name, tt := range map[string]struct {
		handler http.HandlerFunc
		status  int
		err     string
	}{
		"good":        {answer(200), 200, ""},
		"not found":   {answer(404), 404, `other: GET /x: 404: "Not Found"`},
		"not JSON":    {func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("<html>")) }, 200, "other: GET /x: invalid character"},
		"another API": {func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("[1]")) }, 200, "other: GET /x: json"},
		"too large":   {large, 0, "the answer is too large: more than 8388608 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(tt.handler)
			t.Cleanup(server.Close)
			var out string
			status, err := newClient(t, server.URL+"/").Get(t.Context(), "/x", nil, &out)
			assert.Equal(t, tt.status, status)
			if tt.err != "" {
				assert.ErrorContains(t, err, tt.err)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, "OK", out)
		})
	}
}

func TestReady(t *testing.T) {
	server := httptest.NewServer(answer(503))
	t.Cleanup(server.Close)
	c, count := newCounted(t, server.URL)
	assert.ErrorContains(t, c.Ready(t.Context()), "other: /readyz: 503")
	assert.Zero(t, count("upstream_retries_total", "sent"), "a probe tells how it is now")
	assert.Zero(t, count("upstream_requests_total", "503"), "a probe is not traffic")
}

// The environment's proxy is for other networks.
func TestNoProxy(t *testing.T) {
	t.Setenv("HTTP_PROXY", "http://127.0.0.1:1")
	c := newClient(t, "http://other.example")
	assert.Nil(t, c.http.Transport.(*http.Transport).Proxy)
}
