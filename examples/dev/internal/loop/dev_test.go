package loop

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/examples/dev/page"
)

func TestStartsInOrder(t *testing.T) {
	alpha := freePort(t)
	r := start(t, newModule(t), func(cfg *Config) {
		cfg.Services[0].Address = alpha
		cfg.Services[1].Env = append(cfg.Services[1].Env, "FAKE_NEEDS=http://"+alpha) // beta ends if alpha isn't ready
	})
	for _, name := range []string{"alpha", "beta"} {
		svc := r.await(name, "healthy, and heard of", func(s page.Service) bool {
			return s.State == page.Healthy && slices.Equal(s.Log, []string{"version 1, 版本 ok"})
		})
		assert.True(t, svc.Build.OK)
		assert.NotZero(t, svc.PID)
		assert.Zero(t, svc.Restarts)
	}
	r.awaitPrinted("alpha | version 1, 版本 ok\n")
	r.awaitPrinted("beta  | version 1, 版本 ok\n")
	r.awaitPrinted("dev   | alpha: serves, process ")
	r.await("beta", "measured", func(s page.Service) bool { return len(s.Memory) > 1 && s.Memory[len(s.Memory)-1] > 1<<20 })

	require.NoError(t, r.stop())
	out := r.out.String()
	require.Contains(t, out, "beta: stopped")
	assert.Less(t, strings.Index(out, "beta: stopped"), strings.Index(out, "alpha: stopped"))
	l, err := net.Listen("tcp", alpha)
	require.NoError(t, err, "the port is free again")
	l.Close()
}

// Clients do not notice ten reloads.
func TestReloadIsUnnoticed(t *testing.T) {
	dir := newModule(t)
	r := start(t, dir, nil)
	r.awaitVersion("beta", "1")
	url := r.awaitState("alpha", page.Healthy).URL

	var done atomic.Bool
	var requests, dials atomic.Int64
	var clients sync.WaitGroup
	client := func(keepAlive, http2, counted bool, send func(*http.Client) (*http.Response, error)) {
		transport := &http.Transport{DisableKeepAlives: !keepAlive, Protocols: new(http.Protocols)}
		transport.Protocols.SetHTTP1(!http2)
		transport.Protocols.SetUnencryptedHTTP2(http2)
		if counted {
			transport.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
				dials.Add(1)
				return (&net.Dialer{}).DialContext(ctx, network, addr)
			}
		}
		clients.Go(func() {
			defer transport.CloseIdleConnections()
			for last := 0; !done.Load(); requests.Add(1) {
				resp, err := send(&http.Client{Transport: transport, Timeout: limit})
				if !assert.NoError(t, err) {
					return
				}
				body, err := io.ReadAll(resp.Body)
				resp.Body.Close()
				version, _ := strconv.Atoi(resp.Header.Get("X-Version"))
				if !assert.NoError(t, err) || !assert.Equal(t, http.StatusOK, resp.StatusCode, "%s", body) ||
					!assert.GreaterOrEqual(t, version, last, "an older version came back") {
					return
				}
				last = version
				if resp.Request.URL.Path == "/call" && !assert.Equal(t, "0", resp.Trailer.Get("Grpc-Status")) {
					return
				}
				if resp.Request.Method == http.MethodPost && !assert.Equal(t, "payload", string(body)) {
					return
				}
			}
		})
	}
	get := func(c *http.Client) (*http.Response, error) { return c.Get(url) }
	send := func(c *http.Client) (*http.Response, error) {
		return c.Post(url, "text/plain", io.MultiReader(strings.NewReader("pay"), strings.NewReader("load"))) // which can't be sent again
	}
	call := func(c *http.Client) (*http.Response, error) {
		return c.Post(url+"/call", "application/grpc", io.MultiReader(strings.NewReader("pay"), strings.NewReader("load")))
	}
	client(true, false, true, get)
	client(true, false, false, send) // net/http gives the connection up if the body's end is written 50 ms after the response
	client(true, true, true, get)
	client(true, true, true, call)
	client(false, false, false, get)
	client(false, false, false, send)

	for version := 2; version <= 11; version++ {
		saveVersion(t, dir, "alpha", strconv.Itoa(version), "ok")
		r.awaitVersion("alpha", strconv.Itoa(version))
	}
	done.Store(true)
	clients.Wait()
	assert.EqualValues(t, 3, dials.Load(), "connections outlive reloads")
	assert.Equal(t, 10, r.awaitState("alpha", page.Healthy).Reloads)
	assert.Zero(t, r.awaitState("beta", page.Healthy).Reloads, "it is not concerned")
	t.Logf("%d requests", requests.Load())
}

// A request that takes long is answered by the process that it came to, a stream of events ends,
// and the old process with them.
func TestReloadUnderWay(t *testing.T) {
	dir := newModule(t)
	r := start(t, dir, nil)
	r.awaitVersion("alpha", "1")
	before := r.awaitState("alpha", page.Healthy)

	body, finish := io.Pipe()
	slow := make(chan string, 1)
	go func() {
		resp, err := http.Post(before.URL, "text/plain", body)
		if assert.NoError(t, err) {
			answer, _ := io.ReadAll(resp.Body)
			resp.Body.Close()
			slow <- resp.Header.Get("X-Version") + ": " + string(answer)
		}
	}()
	_, err := io.WriteString(finish, "pay")
	require.NoError(t, err)
	events, err := http.Get(before.URL + "/events")
	require.NoError(t, err)
	defer events.Body.Close()

	saveVersion(t, dir, "alpha", "2", "ok")
	r.awaitVersion("alpha", "2")
	seen, err := io.ReadAll(events.Body)
	assert.NoError(t, err)
	assert.Equal(t, "data: 1\n\n", string(seen))
	assert.True(t, alive(before.PID), "it has a request to answer")
	io.WriteString(finish, "load")
	finish.Close()
	assert.Equal(t, "1: payload", <-slow)
	require.Eventually(t, func() bool { return !alive(before.PID) }, limit, 5*time.Millisecond)
	r.await("alpha", "measured", func(s page.Service) bool { return slices.Max(append(s.Requests, 0)) > 0 })
}

// There is a limit.
func TestDrainLimit(t *testing.T) {
	dir := newModule(t)
	r := start(t, dir, func(cfg *Config) { cfg.Drain = time.Millisecond })
	r.awaitVersion("alpha", "1")
	before := r.awaitState("alpha", page.Healthy)
	body, finish := io.Pipe()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if resp, err := http.Post(before.URL, "text/plain", body); err == nil {
			io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
		}
	}()
	_, err := io.WriteString(finish, "pay")
	require.NoError(t, err)
	saveVersion(t, dir, "alpha", "2", "ok")
	r.awaitVersion("alpha", "2")
	time.Sleep(time.Second)
	finish.Close() // else the process would have to be killed, 10 s after it was asked to end
	<-ended
	r.awaitPrinted(fmt.Sprintf("alpha: process %d ended with 1 requests unanswered", before.PID))
}

func TestBuildErrorKeepsOldProcess(t *testing.T) {
	dir := newModule(t)
	r := start(t, dir, nil)
	before := r.awaitState("alpha", page.Healthy)
	save(t, filepath.Join(dir, "cmd", "alpha", "version.go"), "package main\n\nconst version, manner = 2, does not build\n")
	svc := r.await("alpha", "broken", func(s page.Service) bool { return !s.Build.OK })
	assert.Equal(t, page.Healthy, svc.State)
	assert.Equal(t, before.PID, svc.PID)
	assert.Contains(t, svc.Build.Output, "version.go")
	r.awaitPrinted("alpha: the build failed after ")
	r.awaitVersion("alpha", "1")

	saveVersion(t, dir, "alpha", "3", "ok")
	r.awaitVersion("alpha", "3")
	assert.True(t, r.awaitState("alpha", page.Healthy).Build.OK)
}

func TestBrokenStartKeepsOldProcess(t *testing.T) {
	for manner, want := range map[string]string{"exit": "exit code 3", "unready": "no database"} {
		t.Run(manner, func(t *testing.T) {
			dir := newModule(t)
			r := start(t, dir, func(cfg *Config) { cfg.Start = 5 * time.Second })
			before := r.awaitState("alpha", page.Healthy)
			saveVersion(t, dir, "alpha", "2", manner)
			svc := r.await("alpha", "refused", func(s page.Service) bool { return strings.Contains(s.Reason, want) })
			assert.Equal(t, page.Healthy, svc.State)
			assert.Equal(t, before.PID, svc.PID)
			r.awaitVersion("alpha", "1")

			saveVersion(t, dir, "alpha", "3", "ok")
			r.awaitVersion("alpha", "3")
			assert.Equal(t, 1, r.awaitState("alpha", page.Healthy).Reloads)
		})
	}
}

// Descendants of a crashed process are ended, and do not hide the crash.
func TestCrashIsRestarted(t *testing.T) {
	r := start(t, newModule(t), nil)
	before := r.awaitState("alpha", page.Healthy)
	var parent, descendant int
	_, err := fmt.Sscan(post(t, before.URL+"/descendant"), &parent, &descendant)
	require.NoError(t, err)
	resp, err := http.Post(before.URL+"/exit/7", "", nil)
	require.NoError(t, err)
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	resp.Body.Close()
	assert.Equal(t, http.StatusBadGateway, resp.StatusCode)
	assert.Contains(t, string(body), "did not answer")

	svc := r.awaitState("alpha", page.Crashed)
	assert.Contains(t, svc.Reason, "exit code 7")
	resp, err = http.Get(before.URL)
	require.NoError(t, err)
	body, err = io.ReadAll(resp.Body)
	require.NoError(t, err)
	resp.Body.Close()
	assert.Equal(t, http.StatusServiceUnavailable, resp.StatusCode)
	assert.NotEmpty(t, resp.Header.Get("Retry-After"))
	assert.Contains(t, string(body), "exit code 7")
	assert.Contains(t, string(body), "version 1", "its last words")
	assert.Equal(t, []string{"version 1, 版本 ok"}, svc.LastWords)

	after := r.awaitState("alpha", page.Healthy)
	assert.NotEqual(t, before.PID, after.PID)
	assert.Equal(t, 1, after.Restarts)
	assert.Empty(t, after.LastWords)
	assert.Zero(t, after.Reloads)
	require.Eventually(t, func() bool { return !alive(descendant) }, limit, 5*time.Millisecond)
}

// One that does not even start is tried again, and at once when it is saved.
func TestCrashAtStart(t *testing.T) {
	dir := newModule(t)
	saveVersion(t, dir, "alpha", "1", "exit")
	r := start(t, dir, nil)
	r.await("alpha", "tried again", func(s page.Service) bool {
		return s.State == page.Crashed && strings.Contains(s.Reason, "exit code 3") && slices.Equal(s.Log, []string{"version 1, 版本 exit", "no database", "version 1, 版本 exit", "no database"})
	})
	r.awaitPrinted("alpha: exit code 3; its last line: no database; next try in 1s")
	r.awaitPrinted("alpha: exit code 3; its last line: no database; next try in 2s")
	saveVersion(t, dir, "alpha", "2", "ok")
	r.awaitVersion("alpha", "2")
}

func TestStopAndStart(t *testing.T) {
	dir := newModule(t)
	r := start(t, dir, nil)
	url := r.awaitState("alpha", page.Healthy).URL
	require.NoError(t, r.Stop("alpha"))
	assert.Error(t, r.Stop("alpha"), "twice")
	r.awaitState("alpha", page.Stopped)
	resp, err := http.Get(url)
	require.NoError(t, err)
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	resp.Body.Close()
	assert.Equal(t, http.StatusServiceUnavailable, resp.StatusCode)
	assert.Contains(t, string(body), "alpha is stopped: by you")

	saveVersion(t, dir, "alpha", "2", "ok") // while it does not run
	require.NoError(t, r.Start("alpha"))
	r.awaitVersion("alpha", "2")
	assert.Error(t, r.Start("alpha"), "it runs")
	before := r.awaitState("alpha", page.Healthy)

	require.NoError(t, r.Reload("alpha")) // though nothing has changed
	r.await("alpha", "replaced", func(s page.Service) bool { return s.PID != before.PID && s.State == page.Healthy })
	r.awaitVersion("alpha", "2")
	for _, order := range []func(string) error{r.Start, r.Stop, r.Reload} {
		assert.ErrorContains(t, order("gamma"), `"gamma"`)
	}
}

func TestUnhealthy(t *testing.T) {
	r := start(t, newModule(t), nil)
	url := r.awaitState("alpha", page.Healthy).URL
	post(t, url+"/ready/false")
	svc := r.awaitState("alpha", page.Unhealthy)
	assert.Contains(t, svc.Reason, "503")
	assert.Contains(t, svc.Reason, "no database")
	post(t, url+"/ready/true")
	r.awaitState("alpha", page.Healthy)
}

// A console whose user selects text takes no output. The status page still knows how the services
// are.
func TestBlockedConsole(t *testing.T) {
	console := &pausable{}
	r := start(t, newModule(t), func(cfg *Config) {
		console.Writer = cfg.Output
		cfg.Output = console
	})
	r.awaitState("alpha", page.Healthy)
	console.mu.Lock()
	defer console.mu.Unlock()
	require.NoError(t, r.Stop("alpha"))
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		for r.Status().Services[0].State != page.Stopped {
			time.Sleep(5 * time.Millisecond)
		}
	}()
	select {
	case <-stopped:
	case <-time.After(limit):
		t.Error("the status waits for the console")
	}
}

type pausable struct {
	io.Writer
	mu sync.Mutex
}

func (p *pausable) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.Writer.Write(b)
}

func TestEndLeavesNothing(t *testing.T) {
	r := start(t, newModule(t), nil)
	url := r.awaitState("alpha", page.Healthy).URL
	var parent, descendant int
	_, err := fmt.Sscan(post(t, url+"/descendant"), &parent, &descendant)
	require.NoError(t, err)
	assert.True(t, alive(descendant))
	require.NoError(t, r.stop())
	for _, pid := range []int{parent, descendant} {
		require.Eventually(t, func() bool { return !alive(pid) }, limit, 5*time.Millisecond, "process %d", pid)
	}
}

func TestNewErrors(t *testing.T) {
	for want, services := range map[string][]Service{
		`b needs a, which must stand before it`:   {{Name: "b", Needs: []string{"a"}}, {Name: "a"}},
		`a needs a, which`:                        {{Name: "a", Needs: []string{"a"}}},
		`a needs dev, which`:                      {{Name: "a", Needs: []string{"dev"}}},
		`two services have the name "a"`:          {{Name: "a"}, {Name: "a"}},
		`two services have the name "dev", or it`: {{Name: "dev"}},
		`a: the path of long polls "/[x"`:         {{Name: "a", Polls: []string{"/[x"}}},
	} {
		_, err := New(Config{Services: services})
		assert.ErrorContains(t, err, want)
	}
}

func TestPortTaken(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	s, err := New(Config{Dir: t.TempDir(), Output: io.Discard, Services: []Service{
		{Name: "free", Package: "./free", Address: "localhost:0"},
		{Name: "taken", Package: "./taken", Address: l.Addr().String()},
	}})
	require.NoError(t, err)
	assert.ErrorContains(t, s.Run(t.Context()), "taken: listen tcp")
	assert.NoDirExists(t, s.temp)
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	return l.Addr().String()
}
