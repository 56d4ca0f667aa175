package inspect

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"runtime"
	"runtime/pprof"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/internal/goroutine"
)

const token = "correct horse battery"

func TestServeProfiles(t *testing.T) {
	s := start(t, Options{})
	assert.Regexp(t, `^http://127\.0\.0\.1:\d+$`, s.URL())
	for _, p := range pprof.Profiles() {
		status, _, body := get(t, s.URL()+"/debug/pprof/"+p.Name())
		require.Equal(t, http.StatusOK, status, p.Name())
		parsed, err := parseProfile([]byte(body))
		require.NoError(t, err)
		assert.NotEmpty(t, parsed.strings, p.Name())
		status, header, body := get(t, s.URL()+"/debug/pprof/"+p.Name()+"?debug=1")
		assert.Equal(t, http.StatusOK, status)
		assert.Contains(t, header.Get("Content-Type"), "text/plain")
		assert.NotEmpty(t, body)
	}
	want := http.StatusNotFound
	if pprof.Lookup("goroutineleak") != nil { // GOEXPERIMENT=goroutineleakprofile
		want = http.StatusOK
	}
	status, _, _ := get(t, s.URL()+"/debug/pprof/goroutineleak")
	assert.Equal(t, want, status)
}

func TestServeRejects(t *testing.T) {
	s := start(t, Options{})
	for path, want := range map[string]int{
		"/debug/pprof/none":                   http.StatusNotFound,
		"/none":                               http.StatusNotFound,
		"/debug/pprof/heap?seconds=x":         http.StatusBadRequest,
		"/debug/pprof/heap?seconds=-1":        http.StatusBadRequest,
		"/debug/pprof/heap?seconds=1&debug=1": http.StatusBadRequest,
		"/debug/pprof/profile?seconds=601":    http.StatusBadRequest,
		"/debug/pprof/trace?seconds=0":        http.StatusBadRequest,
	} {
		status, _, body := get(t, s.URL()+path)
		assert.Equal(t, want, status, path)
		assert.NotEmpty(t, body)
	}
	resp, err := http.Post(s.URL()+"/debug/vars", "text/plain", nil)
	require.NoError(t, err)
	resp.Body.Close()
	assert.Equal(t, http.StatusMethodNotAllowed, resp.StatusCode)
}

func TestServePages(t *testing.T) {
	release := make(chan struct{})
	defer close(release)
	for range 50 {
		go parked(release)
	}
	_, _, line, _ := runtime.Caller(0)
	captureWhen(t, func(n map[string]int64) bool { return n["inspect.parked"] == 50 })
	s := start(t, Options{Vars: func(yield func(string, any) bool) {
		yield("queue", 7)
		yield("expvar", stringer(`{"a": 1}`))
		yield("text", stringer(`no JSON`))
		yield("bad", make(chan int))
		yield("nil", (*url.URL)(nil)) // whose String would crash
	}})

	_, _, page := get(t, s.URL()+"/debug/goroutines")
	assert.Regexp(t, fmt.Sprintf(`(?s)<td class="n">50<td>&lt; 1 min<td>.*inspect\.parked.*inspect_test\.go:%d</code>.*chan receive ×50`, line-2), page)

	_, header, page := get(t, s.URL()+"/")
	assert.Contains(t, header.Get("Content-Security-Policy"), "default-src 'none'")
	for _, want := range []string{"goroutine", "heap", "/debug/goroutines", Build().Verdict.String()} {
		assert.Contains(t, page, want)
	}

	_, _, text := get(t, s.URL()+"/debug/vars")
	var vars map[string]any
	require.NoError(t, json.Unmarshal([]byte(text), &vars))
	assert.Equal(t, 7.0, vars["queue"])
	assert.Equal(t, map[string]any{"a": 1.0}, vars["expvar"])
	assert.Contains(t, vars["bad"], "unsupported type")
	assert.Contains(t, vars, "nil")
	assert.Nil(t, vars["nil"])
	assert.Contains(t, vars["runtime/metrics"], "/sched/goroutines:goroutines")

	_, _, text = get(t, s.URL()+"/debug/build")
	var build map[string]any
	require.NoError(t, json.Unmarshal([]byte(text), &build))
	assert.Equal(t, runtime.Version(), build["GoVersion"])
	assert.Contains(t, build, "DebuggerAttached")

	_, _, text = get(t, s.URL()+"/debug/pprof/cmdline")
	assert.NotContains(t, text, "-test.", "arguments may hold secrets")
}

func TestServeManyGoroutines(t *testing.T) {
	defer func(n int) { maxAged = n }(maxAged)
	maxAged = 10
	release := make(chan struct{})
	defer close(release)
	for range 50 {
		go parked(release)
	}
	captureWhen(t, func(n map[string]int64) bool { return n["inspect.parked"] == 50 })
	s := start(t, Options{})
	_, _, page := get(t, s.URL()+"/debug/goroutines")
	assert.Regexp(t, `(?s)<a href="\?full=1">.*<td class="n">50<td><td>.*inspect\.parked`, page)
	_, _, page = get(t, s.URL()+"/debug/goroutines?full=1")
	assert.Regexp(t, `(?s)<td class="n">50<td>&lt; 1 min<td>.*inspect\.parked`, page)
}

func parked(release chan struct{}) { <-release }

type stringer string

func (s stringer) String() string { return string(s) }

func TestExposed(t *testing.T) {
	for _, o := range []Options{
		{Addr: ":0"},
		{Addr: "0.0.0.0:0", Token: token},
		{Addr: "[::]:0", TLS: certificate(t)},
		{Addr: ":0", TLS: certificate(t), Token: "short"},
		{Addr: "192.0.2.1:0"},
	} {
		_, err := Serve(t.Context(), o)
		assert.ErrorIs(t, err, ErrExposed, o.Addr)
	}
	_, err := Serve(t.Context(), Options{Addr: "localhost"})
	assert.ErrorContains(t, err, "missing port")
	_, err = Serve(t.Context(), Options{Addr: "127.0.0.1:0", TLS: &tls.Config{}})
	assert.ErrorContains(t, err, "certificate")
}

func TestOneCPUProfileAtATime(t *testing.T) {
	s := start(t, Options{})
	first := make(chan error)
	go func() {
		for {
			resp, err := http.Get(s.URL() + "/debug/pprof/profile?seconds=600")
			if err != nil {
				first <- err
				return
			}
			resp.Body.Close() // the other was first
		}
	}()
	require.Eventually(t, func() bool {
		status, _, body := get(t, s.URL()+"/debug/pprof/profile?seconds=1")
		return status == http.StatusTooManyRequests && strings.Contains(body, "CPU profile")
	}, time.Minute, 200*time.Millisecond)

	// Close doesn't wait for ten minutes, and ends the profile.
	require.NoError(t, s.Close())
	assert.Error(t, <-first)
	require.NoError(t, pprof.StartCPUProfile(io.Discard))
	defer pprof.StopCPUProfile()

	s = start(t, Options{})
	status, _, body := get(t, s.URL()+"/debug/pprof/profile?seconds=1")
	assert.Equal(t, http.StatusServiceUnavailable, status, "the program takes one itself")
	assert.Contains(t, body, "already in use")
}

func TestContextEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s, err := Serve(ctx, Options{})
	require.NoError(t, err)
	cancel()
	require.Eventually(t, func() bool {
		_, err := http.Get(s.URL())
		return err != nil
	}, time.Minute, 10*time.Millisecond)
	assert.NoError(t, s.Close())
	assert.NoError(t, s.Close(), "twice")
}

func TestServeWithoutContext(t *testing.T) {
	reason := errors.New("shutting down")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(reason)
	_, err := Serve(ctx, Options{})
	assert.ErrorIs(t, err, reason)
	for range 50 { // the end may come at any time
		ctx, cancel := context.WithCancel(t.Context())
		go cancel()
		if s, err := Serve(ctx, Options{}); err == nil {
			assert.NoError(t, s.Close())
		}
	}
}

// Parameters are read from the URL only, not from the request body.
func TestBodyIsIgnored(t *testing.T) {
	s := start(t, Options{})
	body := "--x\r\nContent-Disposition: form-data; name=\"debug\"\r\n\r\n1\r\n--x--\r\n"
	req, err := http.NewRequest("GET", s.URL()+"/debug/pprof/heap", strings.NewReader(body))
	require.NoError(t, err)
	req.Header.Set("Content-Type", "multipart/form-data; boundary=x")
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	resp.Body.Close()
	assert.Equal(t, "application/octet-stream", resp.Header.Get("Content-Type"))
}

// The caller may use the TLS configuration elsewhere.
func TestTLSConfigIsUntouched(t *testing.T) {
	c := certificate(t)
	s := start(t, Options{TLS: c})
	require.NoError(t, s.Close())
	assert.Empty(t, c.NextProtos)
}

func TestDefaultServeMuxIsUntouched(t *testing.T) {
	start(t, Options{})
	for _, path := range []string{"/", "/debug/pprof/", "/debug/pprof/heap", "/debug/vars"} {
		req, err := http.NewRequest("GET", path, nil)
		require.NoError(t, err)
		_, pattern := http.DefaultServeMux.Handler(req)
		assert.Empty(t, pattern, path)
	}
	t.Run("imports", func(t *testing.T) {
		out, err := goCommand(t, "list", "-deps", ".").Output()
		require.NoError(t, err)
		deps := strings.Fields(string(out))
		assert.Contains(t, deps, "runtime/pprof")
		assert.NotContains(t, deps, "net/http/pprof")
		assert.NotContains(t, deps, "expvar")
	})
}

// go tool pprof fetches profiles as from net/http/pprof.
func TestGoToolPprof(t *testing.T) {
	t.Parallel()
	plain := start(t, Options{})
	secured := start(t, Options{Token: token, TLS: certificate(t)})
	secret := strings.Replace(secured.URL(), "https://", "https+insecure://:"+strings.ReplaceAll(token, " ", "%20")+"@", 1)
	stop := make(chan struct{})
	defer close(stop)
	go burn(stop)
	go func() { // for the difference, whenever that is taken
		for {
			select {
			case <-stop:
				return
			case <-time.After(50 * time.Millisecond):
				go parked(stop)
			}
		}
	}()
	for _, tt := range []struct{ url, want string }{
		{plain.URL() + "/debug/pprof/goroutine?seconds=1", `(?s)Duration: 1\.?\d*s.*inspect\.parked`},
		{plain.URL() + "/debug/pprof/heap?gc=1", `Type: inuse_space`},
		{plain.URL(), `(?s)CPU time of the process: .*Type: cpu.*inspect\.burn`}, // a bare address is a CPU profile to pprof
		{secret + "/debug/pprof/goroutine", `inspect\.parked`},
	} {
		args := []string{"tool", "pprof", "-top"}
		if tt.url == plain.URL() {
			args = append(args, "-seconds=1")
		}
		cmd := goCommand(t, append(args, tt.url)...)
		cmd.Env = append(cmd.Env, "PPROF_TMPDIR="+t.TempDir())
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s: %s", tt.url, out)
		assert.Regexp(t, tt.want, string(out))
	}
}

// go tool trace reads the execution trace.
func TestTrace(t *testing.T) {
	s := start(t, Options{})
	status, _, body := get(t, s.URL()+"/debug/pprof/trace?seconds=1")
	require.Equal(t, http.StatusOK, status)
	assert.True(t, regexp.MustCompile(`^go 1\.\d+ trace`).MatchString(body))
}

//go:noinline
func burn(stop chan struct{}) {
	for x := 1; ; x++ {
		select {
		case <-stop:
			return
		default:
			for range 1_000_000 {
				x *= 3
			}
		}
	}
}

func start(t *testing.T, o Options) *Server {
	t.Helper()
	s, err := Serve(t.Context(), o)
	require.NoError(t, err)
	t.Cleanup(func() { s.Close() })
	return s
}

func get(t *testing.T, url string) (status int, header http.Header, body string) {
	t.Helper()
	resp, err := http.Get(url)
	require.NoError(t, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp.StatusCode, resp.Header, string(text)
}

// A function's name may contain HTML, for instance in a type parameter.
func TestPageEscapes(t *testing.T) {
	p := &page{}
	p.addGroup(&group{Entry: `<b>"a"&`, Creator: "<c>", Site: "<s>", Count: 2, States: []state{{"<chan>", 2}}, Stack: "<i>\n50%s"})
	assert.Equal(t, `<tr><td class="n">2<td>&lt; 1 min<td><details><summary><code>&lt;b&gt;&#34;a&#34;&amp;</code><br><small>&lt;c&gt; <code>&lt;s&gt;</code></small></summary><pre>&lt;i&gt;
50%s</pre></details>
<td>&lt;chan&gt; ×2<br></tr>
`, p.String())
}

// The server binds both loopback addresses, so that no other process receives its requests.
func TestLocalhostBindsBoth(t *testing.T) {
	s, err := Serve(t.Context(), Options{Addr: "localhost:0"})
	require.NoError(t, err)
	defer s.Close()
	_, port, err := net.SplitHostPort(strings.TrimPrefix(s.URL(), "http://"))
	require.NoError(t, err)
	for _, host := range []string{"127.0.0.1", "::1"} {
		if l, err := net.Listen("tcp", net.JoinHostPort(host, "0")); err != nil {
			t.Logf("not here: %v", err)
			continue
		} else {
			l.Close()
		}
		status, _, _ := get(t, "http://"+net.JoinHostPort(host, port)+"/debug/vars")
		assert.Equal(t, http.StatusOK, status, host)
		l, err := net.Listen("tcp", net.JoinHostPort(host, port))
		if assert.Error(t, err, "exclusively") {
			continue
		}
		l.Close()
	}
	assert.Regexp(t, `^http://(localhost|127\.0\.0\.1):\d+$`, s.URL())
}

func TestFractionOfSecond(t *testing.T) {
	s, err := Serve(t.Context(), Options{})
	require.NoError(t, err)
	defer s.Close()
	for path, want := range map[string]int{
		"/debug/pprof/heap?seconds=0.2": http.StatusOK, "/debug/pprof/trace?seconds=0.01": http.StatusOK, "/debug/pprof/profile?seconds=.1": http.StatusOK,
		"/debug/pprof/heap?seconds=NaN": http.StatusBadRequest, "/debug/pprof/heap?seconds=-1": http.StatusBadRequest,
		"/debug/pprof/heap?seconds=0.0001": http.StatusBadRequest, "/debug/pprof/heap?seconds=1e9": http.StatusBadRequest,
	} {
		status, _, body := get(t, s.URL()+path)
		assert.Equal(t, want, status, "%s: %s", path, body)
	}
}

// Waiting differences don't block other requests.
func TestDifferenceDoesNotBlock(t *testing.T) {
	m := newMux(Options{})
	ctx, cancel := context.WithCancel(t.Context())
	var waiting sync.WaitGroup
	asleep := func() (n int) {
		for _, g := range goroutine.Parse(stacks(runtime.NumGoroutine())) {
			if slices.Contains(g.Functions(), "github.com/surefoot-go/surefoot/procx/inspect.sleep") {
				n++
			}
		}
		return n
	}
	deadline := time.Now().Add(time.Minute)
	for n := range 3 { // more than there are places
		waiting.Go(func() {
			m.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(ctx, "GET", "/debug/pprof/heap?seconds=600", nil))
		})
		for asleep() <= n {
			require.True(t, time.Now().Before(deadline))
			time.Sleep(time.Millisecond)
		}
	}
	answer := httptest.NewRecorder()
	m.ServeHTTP(answer, httptest.NewRequest("GET", "/debug/pprof/heap", nil))
	assert.Equal(t, http.StatusOK, answer.Code)
	cancel()
	waiting.Wait()
}

// argsVar is like expvar's cmdline. Importing expvar itself would register it on the default mux.
type argsVar struct{}

func (argsVar) String() string { text, _ := json.Marshal(os.Args); return string(text) }

func TestVarsHideArguments(t *testing.T) {
	const secret = "c2VjcmV0"
	args := os.Args
	os.Args = append(slices.Clone(args), "-token="+secret)
	defer func() { os.Args = args }()
	s, err := Serve(t.Context(), Options{Vars: func(yield func(string, any) bool) {
		_ = yield("cmdline", argsVar{}) && yield("other", 7)
	}})
	require.NoError(t, err)
	defer s.Close()
	_, _, body := get(t, s.URL()+"/debug/vars")
	assert.Contains(t, body, `"cmdline"`)
	assert.Contains(t, body, `"other": 7`)
	assert.NotContains(t, body, secret)
}
