package probe_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/eventx"
	"github.com/surefoot-go/surefoot/eventx/probe"
)

func TestProbes(t *testing.T) {
	health := eventx.NewHealth(slog.New(slog.DiscardHandler), "orders")
	server := httptest.NewServer(probe.Handler(health))
	defer server.Close()
	get := func(path string) (int, map[string]any) {
		resp, err := http.Get(server.URL + path)
		require.NoError(t, err)
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		var got map[string]any
		if resp.Header.Get("Content-Type") == "application/json" {
			require.NoError(t, json.Unmarshal(body, &got))
		}
		return resp.StatusCode, got
	}
	code, body := get("/readyz")
	assert.Equal(t, 503, code, "before the first Set it is starting")
	assert.Equal(t, "starting", body["state"])

	for state, want := range map[eventx.HealthState][2]int{
		eventx.Starting: {200, 503}, eventx.Healthy: {200, 200}, eventx.Degraded: {200, 200}, eventx.Unhealthy: {200, 503},
		eventx.Stopping: {200, 503}, eventx.Stopped: {503, 503}, eventx.Crashed: {503, 503},
	} {
		health.Set(context.Background(), state, `because "x"`)
		alive, body := get("/healthz")
		ready, _ := get("/readyz")
		assert.Equal(t, want, [2]int{alive, ready}, state)
		assert.Equal(t, "orders", body["service"])
		assert.Equal(t, state.String(), body["state"])
		assert.Equal(t, `because "x"`, body["reason"])
		_, err := time.Parse(time.RFC3339Nano, body["since"].(string))
		assert.NoError(t, err)
	}
	code, _ = get("/other")
	assert.Equal(t, 404, code)
	resp, err := http.Post(server.URL+"/healthz", "", nil)
	require.NoError(t, err)
	resp.Body.Close()
	assert.Equal(t, 405, resp.StatusCode)
	health.Set(context.Background(), eventx.Stopped, "")
	resp, err = http.Head(server.URL + "/healthz")
	require.NoError(t, err)
	resp.Body.Close()
	assert.Equal(t, 503, resp.StatusCode)
}

// TestProbesWithHungLog checks that a log that hangs does not make the service look dead.
func TestProbesWithHungLog(t *testing.T) {
	gate := make(chan struct{})
	slow := blockingHandler{gate}
	health := eventx.NewHealth(slog.New(slow), "orders")
	var wg sync.WaitGroup
	wg.Go(func() { health.Set(context.Background(), eventx.Healthy, "") })
	<-gate // Set is in the handler
	w := httptest.NewRecorder()
	probe.Handler(health).ServeHTTP(w, httptest.NewRequest("GET", "/readyz", nil))
	assert.Equal(t, 200, w.Code)
	<-gate
	wg.Wait()
}

type blockingHandler struct{ gate chan struct{} }

func (blockingHandler) Enabled(context.Context, slog.Level) bool { return true }
func (b blockingHandler) Handle(context.Context, slog.Record) error {
	b.gate <- struct{}{}
	b.gate <- struct{}{}
	return nil
}
func (b blockingHandler) WithAttrs([]slog.Attr) slog.Handler { return b }
func (b blockingHandler) WithGroup(string) slog.Handler      { return b }
