package page_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/examples/dev/page"
	"github.com/surefoot-go/surefoot/examples/dev/page/pagetest"
)

func TestHandler(t *testing.T) {
	type headers map[string]string
	guards := headers{
		"Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; " +
			"img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
		"X-Content-Type-Options":       "nosniff",
		"Referrer-Policy":              "no-referrer",
		"Cross-Origin-Resource-Policy": "same-origin",
	}
	for _, tt := range []struct {
		name, method, target, host string
		headers                    headers
		code                       int
		body                       string   // a part of it
		orders                     []string // that reach Control
	}{
		{"the page", "GET", "/", "localhost:9000", nil, 200, "<!DOCTYPE html>", nil},
		{"by IPv4", "GET", "/", "127.0.0.1:9000", nil, 200, "<!DOCTYPE html>", nil},
		{"by IPv6", "GET", "/", "[::1]:9000", nil, 200, "<!DOCTYPE html>", nil},
		{"at port 80", "GET", "/", "localhost", nil, 200, "<!DOCTYPE html>", nil},
		{"at port 80, by IPv6", "GET", "/", "[::1]", nil, 200, "<!DOCTYPE html>", nil},
		{"its script", "GET", "/page.js", "localhost:9000", nil, 200, "poll", nil},
		{"the status", "GET", "/status.json", "localhost:9000", nil, 200, `"name":"user-service"`, nil},
		{"no such file", "GET", "/handler.go", "localhost:9000", nil, 404, "", nil},
		{"no folder", "GET", "/services/", "localhost:9000", nil, 404, "", nil},
		{"no way out", "GET", "/..%2fhandler.go", "localhost:9000", nil, 400, "", nil},

		{"start", "POST", "/services/user-service/start", "localhost:9000", nil, 204, "", []string{"start user-service"}},
		{"stop", "POST", "/services/user-service/stop", "localhost:9000", nil, 204, "", []string{"stop user-service"}},
		{"reload", "POST", "/services/user-service/reload", "localhost:9000", nil, 204, "", []string{"reload user-service"}},
		{"from the page", "POST", "/services/user-service/stop", "localhost:9000",
			headers{"Origin": "http://localhost:9000", "Sec-Fetch-Site": "same-origin"}, 204, "", []string{"stop user-service"}},
		{"no such service", "POST", "/services/nobody/stop", "localhost:9000", nil, 404, `{"error":"there is no service nobody"}`, nil},
		{"no such order", "POST", "/services/user-service/kill", "localhost:9000", nil, 404, "", nil},
		{"an order by GET", "GET", "/services/user-service/stop", "localhost:9000", nil, 405, "", nil},
		{"the page by POST", "POST", "/", "localhost:9000", nil, 405, "", nil},

		{"DNS rebinding", "GET", "/status.json", "evil.example:9000", nil, 403, "not to evil.example:9000", nil},
		{"a name that ends well", "GET", "/", "evil.localhost:9000", nil, 403, "not to", nil},
		{"a name that begins well", "GET", "/", "127.0.0.1.evil.example", nil, 403, "not to", nil},
		{"another address", "GET", "/", "192.168.0.2:9000", nil, 403, "not to", nil},
		{"no host", "GET", "/", "", nil, 403, "not to", nil},
		{"an order by a rebound name", "POST", "/services/user-service/stop", "evil.example:9000",
			headers{"Origin": "http://evil.example:9000", "Sec-Fetch-Site": "same-origin"}, 403, "not to", nil},
		{"an order from another site", "POST", "/services/user-service/stop", "localhost:9000",
			headers{"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}, 403, "another site", nil},
		{"from another port", "POST", "/services/user-service/stop", "localhost:9000",
			headers{"Origin": "http://localhost:8080", "Sec-Fetch-Site": "same-site"}, 403, "another site", nil},
		{"from an old browser", "POST", "/services/user-service/stop", "localhost:9000",
			headers{"Origin": "https://evil.example"}, 403, "another site", nil},
		{"from a sandboxed frame", "POST", "/services/user-service/stop", "localhost:9000",
			headers{"Origin": "null"}, 403, "another site", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			control := pagetest.New()
			r := httptest.NewRequest(tt.method, tt.target, nil)
			r.Host = tt.host
			for name, value := range tt.headers {
				r.Header.Set(name, value)
			}
			w := httptest.NewRecorder()
			page.Handler(control).ServeHTTP(w, r)

			assert.Equal(t, tt.code, w.Code)
			assert.Contains(t, w.Body.String(), tt.body)
			assert.Equal(t, tt.orders, control.Given())
			for name, want := range guards {
				assert.Equal(t, want, w.Header().Get(name), "every answer is guarded")
			}
			if tt.code == 200 {
				assert.Equal(t, "no-store", w.Header().Get("Cache-Control"))
			}
			assert.Empty(t, w.Header().Get("Access-Control-Allow-Origin"))
		})
	}
}

func TestHandlerErrors(t *testing.T) {
	control := pagetest.New()
	control.Refuse(`build "broken" first`)
	w := httptest.NewRecorder()
	page.Handler(control).ServeHTTP(w, httptest.NewRequest("POST", "http://localhost/services/user-service/start", nil))

	assert.Equal(t, http.StatusConflict, w.Code)
	assert.Equal(t, "application/json; charset=utf-8", w.Header().Get("Content-Type"))
	assert.JSONEq(t, `{"error": "build \"broken\" first"}`, w.Body.String())
}

// Each file has its type, whatever the system's registry says.
func TestAssets(t *testing.T) {
	types := map[string]string{
		".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8",
	}
	for ext, want := range types {
		files, err := filepath.Glob("*" + ext)
		require.NoError(t, err)
		assert.NotEmpty(t, files, ext)
		for _, file := range files {
			target := "http://localhost/" + strings.TrimSuffix(file, "index.html")
			w := httptest.NewRecorder()
			page.Handler(pagetest.New()).ServeHTTP(w, httptest.NewRequest("GET", target, nil))
			assert.Equal(t, http.StatusOK, w.Code, file)
			assert.Equal(t, want, w.Header().Get("Content-Type"), file)
		}
	}
}

func TestStatusJSON(t *testing.T) {
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	status := page.Status{Time: at, Notice: "dev.toml:1:1: no", Services: []page.Service{
		{Name: "users", URL: "http://localhost:8081", State: page.Failed, Reason: "build failed",
			Build:  page.Build{At: at, Took: 1500 * time.Microsecond, Output: "x.go:1: undefined: y"},
			Memory: []int64{1, 2}, Requests: []int{3}, LastWords: []string{"panic: x"}, Log: []string{"你好"}},
		{Name: "orders", State: page.Waiting, Memory: []int64{}, Requests: []int{}, LastWords: []string{}, Log: []string{}},
	}}
	data, err := json.Marshal(status)
	require.NoError(t, err)
	assert.JSONEq(t, `{"time": "2026-03-01T12:00:00Z", "notice": "dev.toml:1:1: no", "services": [
		{"name": "users", "url": "http://localhost:8081", "state": "failed", "reason": "build failed",
		 "pid": 0, "restarts": 0, "reloads": 0,
		 "build": {"ok": false, "at": "2026-03-01T12:00:00Z", "took_ms": 1.5, "output": "x.go:1: undefined: y"},
		 "memory": [1, 2], "requests": [3], "last_words": ["panic: x"], "log": ["你好"]},
		{"name": "orders", "url": "", "state": "waiting", "reason": "", "pid": 0, "restarts": 0, "reloads": 0,
		 "build": {"ok": false, "took_ms": 0, "output": ""}, "memory": [], "requests": [], "last_words": [], "log": []}]}`, string(data))

	var back page.Status
	require.NoError(t, json.Unmarshal(data, &back))
	assert.Equal(t, status, back)

	for _, none := range []page.Status{{}, {Services: []page.Service{{}}}} {
		data, err := json.Marshal(none)
		require.NoError(t, err)
		assert.NotContains(t, string(data), "null")
	}
}
