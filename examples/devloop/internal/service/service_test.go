package service_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/examples/devloop/internal/service"
	"github.com/surefoot-go/surefoot/examples/devloop/internal/service/servicetest"
)

// spec returns a service that open makes.
func spec(open func(env *service.Env)) service.Spec {
	return service.Spec{Name: "test-service", Open: func(_ context.Context, env *service.Env) error {
		open(env)
		return nil
	}}
}

func TestAnswers(t *testing.T) {
	s := servicetest.Start(t, spec(func(env *service.Env) {
		env.Handle("GET /things/{id}", func(w http.ResponseWriter, r *http.Request) error {
			switch id := r.PathValue("id"); id {
			case "wrapped":
				return fmt.Errorf("no such: %w", service.Errorf(http.StatusTeapot, "tea"))
			case "secret":
				return errors.New("the password is 1234")
			case "hidden":
				return &service.Error{Status: 503, Message: "later", Err: errors.New("the password is 1234"), NoRetry: true}
			case "slow":
				<-r.Context().Done()
				return r.Context().Err()
			case "panic":
				panic("the password is 1234")
			default:
				return service.WriteJSON(w, http.StatusOK, id)
			}
		})
		env.Handle("POST /things", func(w http.ResponseWriter, r *http.Request) error {
			var in struct{ Name string }
			if err := service.ReadJSON(r, &in); err != nil {
				return err
			}
			return service.WriteJSON(w, http.StatusCreated, in.Name)
		})
	}), nil)

	for name, tt := range map[string]struct {
		method, path, body string
		status             int
		want               string // the answer, or its error
	}{
		"good":              {"GET", "/things/1", "", 200, `"1"`},
		"one segment":       {"GET", "/things/..%2F..%2Fmetrics", "", 200, `"../../metrics"`},
		"an Error, wrapped": {"GET", "/things/wrapped", "", 418, "tea"},
		"any error":         {"GET", "/things/secret", "", 500, "internal error"},
		"a hidden cause":    {"GET", "/things/hidden", "", 503, "later"},
		"out of time":       {"GET", "/things/slow", "", 503, "the time for this request is over"},
		"panic":             {"GET", "/things/panic", "", 500, "internal error"},
		"no route":          {"GET", "/nothing", "", 404, "not found"},
		"no method":         {"DELETE", "/things/1", "", 405, "method not allowed"},
		"no such method":    {"BREW", "/healthz", "", 404, "not found"},
		"NUL":               {"GET", "/things/%00", "", 400, "the URL is not text in UTF-8"},
		"no UTF-8":          {"GET", "/things/%ff", "", 400, "the URL is not text in UTF-8"},
		"NUL in the query":  {"GET", "/things/1?a=%00", "", 400, "the URL is not text in UTF-8"},
		"created":           {"POST", "/things", `{"name": "茶"}`, 201, `"茶"`},
		"no JSON":           {"POST", "/things", `name=x`, 400, "can't read the body: invalid character"},
		"no body":           {"POST", "/things", ``, 400, "can't read the body: EOF"},
		"unknown field":     {"POST", "/things", `{"nam": "x"}`, 400, `unknown field "nam"`},
		"two":               {"POST", "/things", `{} {}`, 400, "the body has more than one JSON value"},
		"too long":          {"POST", "/things", `{"name": "` + strings.Repeat("x", 1<<20) + `"}`, 413, "the body has more than 1048576 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			header := []string{"X-Request-ID", "req-1"}
			if name == "out of time" {
				header = append(header, "X-Timeout-Ms", "50")
			}
			res, body := servicetest.Send(t, tt.method, s.URL+tt.path, tt.body, header...)
			assert.Equal(t, tt.status, res.StatusCode, body)
			assert.Equal(t, name == "a hidden cause", res.Header.Get("X-Do-Not-Retry") != "", "only what the service has retried itself")
			assert.Equal(t, "application/json; charset=utf-8", res.Header.Get("Content-Type"))
			assert.Equal(t, "req-1", res.Header.Get("X-Request-ID"))
			assert.NotContains(t, body, "password")
			if tt.status < 400 {
				assert.JSONEq(t, tt.want, body)
				return
			}
			var answer map[string]string
			require.NoError(t, json.Unmarshal([]byte(body), &answer), body)
			assert.Len(t, answer, 2)
			assert.Contains(t, answer["error"], tt.want)
			assert.Equal(t, "req-1", answer["request_id"])
		})
	}
	res, _ := servicetest.Send(t, "DELETE", s.URL+"/things/1", "")
	assert.Equal(t, "GET, HEAD", res.Header.Get("Allow"))
	assert.Len(t, res.Header.Get("X-Request-ID"), 26, "a new one")

	_, metrics := servicetest.Send(t, "GET", s.URL+"/metrics", "")
	for _, want := range []string{
		`http_requests_total{code="200",method="GET",route="/things/{id}"} 2`,
		`http_requests_total{code="500",method="GET",route="/things/{id}"} 2`,
		`http_requests_total{code="404",method="GET",route="none"} 1`,
		`http_requests_total{code="404",method="other",route="none"} 1`,
		`http_requests_total{code="405",method="DELETE",route="none"} 2`,
		`http_request_duration_seconds_count{method="POST",route="/things"} 6`,
		"http_requests_in_flight 0\n",
		`procx_watch_leaked_goroutines{watcher="slow"} 0`, `eventx_events_total{result="dropped"} 0`,
		"go_goroutines ", "go_build_info{",
	} {
		assert.Contains(t, metrics, want)
	}
	assert.NotContains(t, metrics, "/nothing", "a scanner makes no series")
	assert.NotContains(t, metrics, "BREW")
	assert.NotContains(t, metrics, `route="/healthz"`, "probes are not counted")
}

// A client must not take the part of an answer that came before a panic for the whole.
func TestPanicDuringResponse(t *testing.T) {
	s := servicetest.Start(t, spec(func(env *service.Env) {
		env.Handle("GET /half", func(w http.ResponseWriter, _ *http.Request) error {
			io.WriteString(w, "half")
			http.NewResponseController(w).Flush()
			panic("the other half")
		})
	}), nil)
	res, err := http.Get(s.URL + "/half")
	require.NoError(t, err)
	defer res.Body.Close()
	_, err = io.ReadAll(res.Body)
	assert.ErrorIs(t, err, io.ErrUnexpectedEOF)
	_, metrics := servicetest.Send(t, "GET", s.URL+"/metrics", "")
	assert.Contains(t, metrics, "http_requests_in_flight 0\n", "it is counted out")
}

// A client that goes is not a failure of the service.
func TestClientDisconnects(t *testing.T) {
	began := make(chan struct{})
	s := servicetest.Start(t, spec(func(env *service.Env) {
		env.Handle("GET /long", func(_ http.ResponseWriter, r *http.Request) error {
			close(began)
			<-r.Context().Done()
			return r.Context().Err()
		})
	}), nil)
	ctx, cancel := context.WithCancel(t.Context())
	req, err := http.NewRequestWithContext(ctx, "GET", s.URL+"/long", nil)
	require.NoError(t, err)
	go func() { <-began; cancel() }()
	_, err = http.DefaultClient.Do(req)
	require.ErrorIs(t, err, context.Canceled)
	assert.Eventually(t, func() bool {
		_, metrics := servicetest.Send(t, "GET", s.URL+"/metrics", "")
		return strings.Contains(metrics, `http_requests_total{code="499",method="GET",route="/long"} 1`)
	}, 30*time.Second, 20*time.Millisecond)
}

func TestHealth(t *testing.T) {
	type health struct{ Service, State, Reason string }
	ready := func(t *testing.T, s *servicetest.Service, status int, state string) (h health) {
		t.Helper()
		var body string
		require.Eventually(t, func() bool {
			var res *http.Response
			res, body = servicetest.Send(t, "GET", s.URL+"/readyz", "")
			h = health{}
			return json.Unmarshal([]byte(body), &h) == nil && res.StatusCode == status && h.State == state
		}, time.Minute, 20*time.Millisecond, "want %d %s, got %s", status, state, body)
		res, _ := servicetest.Send(t, "GET", s.URL+"/healthz", "")
		assert.Equal(t, 200, res.StatusCode, "it is alive in any case")
		return h
	}
	for _, tt := range []struct {
		name, state string
		status      int
		add         func(*service.Env, string, func(context.Context) error)
	}{
		{"need", "unhealthy", 503, (*service.Env).Need},
		{"want", "degraded", 200, (*service.Env).Want},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var gone atomic.Bool
			s := servicetest.Start(t, spec(func(env *service.Env) {
				env.Want("other", func(context.Context) error { return nil })
				tt.add(env, "thing", func(context.Context) error {
					if gone.Load() {
						return errors.New("it is away")
					}
					return nil
				})
			}), nil)
			assert.Equal(t, health{"test-service", "healthy", "serving"}, ready(t, s, 200, "healthy"))
			gone.Store(true)
			assert.Equal(t, "thing: it is away", ready(t, s, tt.status, tt.state).Reason)
			gone.Store(false)
			ready(t, s, 200, "healthy")
		})
	}
	t.Run("a check that hangs", func(t *testing.T) {
		t.Parallel()
		s := servicetest.Start(t, spec(func(env *service.Env) {
			env.Need("thing", func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() })
		}), nil)
		assert.Contains(t, ready(t, s, 503, "unhealthy").Reason, "deadline exceeded")
	})
}

// A request that is under way when the service is told to end is answered, and what the service has
// open is closed after it.
func TestDrain(t *testing.T) {
	began, finish := make(chan struct{}), make(chan struct{})
	var closed []string
	s := servicetest.Start(t, spec(func(env *service.Env) {
		env.OnClose(func() error { closed = append(closed, "database"); return nil })
		env.OnClose(func() error { closed = append(closed, "cache"); return nil })
		env.Handle("GET /long", func(w http.ResponseWriter, _ *http.Request) error {
			close(began)
			<-finish
			closed = append(closed, "request")
			return service.WriteJSON(w, http.StatusOK, "whole")
		})
	}), nil)
	idle, err := net.Dial("tcp", strings.TrimPrefix(s.URL, "http://")) // a connection between two requests
	require.NoError(t, err)
	defer idle.Close()
	fmt.Fprint(idle, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
	first, err := http.ReadResponse(bufio.NewReader(idle), nil)
	require.NoError(t, err)
	first.Body.Close()

	answer := make(chan string, 1)
	go func() {
		defer close(answer)
		res, err := http.Get(s.URL + "/long")
		if !assert.NoError(t, err) {
			return
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		assert.NoError(t, err)
		answer <- string(body)
	}()
	<-began
	stopped := make(chan error, 1)
	go func() { stopped <- s.Stop() }()
	require.Eventually(t, func() bool { // new ones go elsewhere
		conn, err := net.Dial("tcp", strings.TrimPrefix(s.URL, "http://"))
		if err == nil {
			conn.Close()
		}
		return err != nil
	}, 30*time.Second, 10*time.Millisecond)
	select {
	case <-stopped:
		t.Error("it has not waited for the request")
	default:
	}
	close(finish)
	assert.Equal(t, "\"whole\"\n", <-answer)
	require.NoError(t, <-stopped)
	assert.Equal(t, []string{"request", "cache", "database"}, closed)
}

func TestRunFails(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer taken.Close()
	good := spec(func(*service.Env) {})
	closed := false
	bad := spec(nil)
	bad.Open = func(_ context.Context, env *service.Env) error {
		env.OnClose(func() error { closed = true; return nil })
		return errors.New("no database")
	}
	for name, tt := range map[string]struct {
		spec   service.Spec
		config service.Config
		err    string
	}{
		"Open":         {bad, service.Config{Listen: "localhost:0"}, "no database"},
		"port taken":   {good, service.Config{Listen: taken.Addr().String()}, "port in use"},
		"debug server": {good, service.Config{Listen: "localhost:0", DebugAddr: taken.Addr().String()}, "inspect: "},
	} {
		t.Run(name, func(t *testing.T) {
			assert.ErrorContains(t, service.Run(t.Context(), tt.spec, tt.config, "test"), tt.err)
		})
	}
	assert.True(t, closed, "what was open is closed")
}

func TestDebugServerAndAddrFile(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "addr file")
	s := servicetest.Start(t, spec(func(*service.Env) {}), map[string]string{"ADDR_FILE": file, "DEBUG_ADDR": "localhost:0"})
	data, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Regexp(t, `^http://127\.0\.0\.1:\d+$`, string(data))
	assert.Equal(t, s.URL, string(data))
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Len(t, entries, 1, "written at once: no other file is left")
}
