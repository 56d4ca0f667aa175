package gateway

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/examples/devloop/internal/service/servicetest"
	"github.com/surefoot-go/surefoot/procx"
)

func TestMain(m *testing.M) { os.Exit(procx.CheckMain(m, nil)) }

// A fake is a service behind the gateway that records its requests.
type fake struct {
	*httptest.Server
	mu      sync.Mutex
	got     []*http.Request
	bodies  []string
	answers []int // the status of the first answers; then 200
}

func newFake(t *testing.T, answers ...int) *fake {
	f := &fake{answers: answers}
	f.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/readyz" {
			return
		}
		body, _ := io.ReadAll(r.Body)
		f.mu.Lock()
		defer f.mu.Unlock()
		f.got, f.bodies = append(f.got, r), append(f.bodies, string(body))
		status := http.StatusOK
		if n := len(f.got); n <= len(f.answers) {
			status = f.answers[n-1]
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Location", "/users/1")
		w.Header().Set("Server", "internal")
		w.WriteHeader(status)
		fmt.Fprintf(w, `{"path": %q}`, r.URL.String())
	}))
	t.Cleanup(f.Close)
	return f
}

func start(t *testing.T, users, orders *fake) string {
	return servicetest.Start(t, Spec, map[string]string{"USER_SERVICE_URL": users.URL, "ORDER_SERVICE_URL": orders.URL}).URL
}

func TestForward(t *testing.T) {
	for _, tt := range []struct{ method, path, to, want string }{
		{"GET", "/api/users", "users", "/users"},
		{"GET", "/api/users/1", "users", "/users/1"},
		{"GET", "/api/users/a%2Fb%20%3F%23", "users", "/users/a%2Fb%20%3F%23"},
		{"GET", "/api/users/%2e%2e", "users", "/users/%2e%2e"},
		{"POST", "/api/users", "users", "/users"},
		{"GET", "/api/orders?user=%E5%BC%A0&x=1", "orders", "/orders?user=%E5%BC%A0&x=1"},
		{"GET", "/api/orders/1", "orders", "/orders/1"},
		{"POST", "/api/orders", "orders", "/orders"},
	} {
		t.Run(tt.method+" "+tt.path, func(t *testing.T) {
			users, orders := newFake(t), newFake(t)
			to, other := users, orders
			if tt.to == "orders" {
				to, other = orders, users
			}
			res, body := servicetest.Send(t, tt.method, start(t, users, orders)+tt.path, `{"a": 1}`, "X-Request-ID", "req-1", "Content-Type", "application/json")
			assert.Equal(t, 200, res.StatusCode)
			assert.JSONEq(t, fmt.Sprintf(`{"path": %q}`, tt.want), body)
			assert.Equal(t, "/api/users/1", res.Header.Get("Location"), "as the client sees it")
			assert.Empty(t, res.Header.Get("Server"))
			require.Len(t, to.got, 1)
			assert.Empty(t, other.got)
			assert.Equal(t, tt.method, to.got[0].Method)
			assert.Equal(t, `{"a": 1}`, to.bodies[0])
			assert.Equal(t, "req-1", to.got[0].Header.Get("X-Request-ID"))
		})
	}
}

// What belongs to the client and the service passes through; what belongs to a connection, or is
// the gateway's own, does not.
func TestHeaders(t *testing.T) {
	var last atomic.Pointer[http.Header] // the gateway may ask both services at a time
	got := func(name string) string { return last.Load().Get(name) }
	users := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/readyz" {
			return
		}
		last.Store(&r.Header)
		w.Header().Add("Set-Cookie", "session=1; HttpOnly")
		w.Header().Add("Set-Cookie", "theme=dark")
		w.Header().Set("ETag", `"v1"`)
		w.Header().Set("Cache-Control", "private")
		w.Header().Set("WWW-Authenticate", "Bearer")
		w.Header().Set("Server", "internal")
		if r.Header.Get("If-None-Match") == `"v1"` {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		io.WriteString(w, `{}`)
	}))
	t.Cleanup(users.Close)
	url := servicetest.Start(t, Spec, map[string]string{"USER_SERVICE_URL": users.URL, "ORDER_SERVICE_URL": users.URL}).URL

	res, body := servicetest.Send(t, "GET", url+"/api/users/1", "", "Authorization", "Bearer x", "Cookie", "a=1; b=2",
		"X-Internal", "1", "X-Forwarded-For", "1.2.3.4", "Idempotency-Key", "k", "X-Do-Not-Retry", "true")
	assert.Equal(t, 200, res.StatusCode)
	assert.Equal(t, "{}", body)
	assert.Equal(t, "Bearer x", got("Authorization"))
	assert.Equal(t, "a=1; b=2", got("Cookie"))
	for _, name := range []string{"X-Internal", "X-Forwarded-For", "Idempotency-Key", "X-Do-Not-Retry"} {
		assert.Empty(t, got(name), name)
	}
	assert.Equal(t, []string{"session=1; HttpOnly", "theme=dark"}, res.Header.Values("Set-Cookie"))
	assert.Equal(t, `"v1"`, res.Header.Get("ETag"))
	assert.Equal(t, "private", res.Header.Get("Cache-Control"))
	assert.Equal(t, "Bearer", res.Header.Get("WWW-Authenticate"))
	assert.Empty(t, res.Header.Get("Server"))

	res, body = servicetest.Send(t, "GET", url+"/api/users/1", "", "If-None-Match", res.Header.Get("ETag"))
	assert.Equal(t, 304, res.StatusCode)
	assert.Empty(t, body)
	assert.Equal(t, `"v1"`, res.Header.Get("ETag"))

	servicetest.Send(t, "GET", url+"/api/users/1/orders", "", "Authorization", "Bearer x", "If-None-Match", `"v1"`)
	assert.Equal(t, "Bearer x", got("Authorization"))
	assert.Empty(t, got("If-None-Match"), "that is about another answer")
}

// An order is sent again with the same key, the client's or the gateway's. A user is not, whatever
// the client sends: user-service knows no keys.
func TestOrderIsSentAgain(t *testing.T) {
	users, orders := newFake(t, 503), newFake(t, 503, 502)
	url := start(t, users, orders)
	res, _ := servicetest.Send(t, "POST", url+"/api/orders", `{}`)
	assert.Equal(t, 200, res.StatusCode)
	require.Len(t, orders.got, 3)
	key := orders.got[0].Header.Get("Idempotency-Key")
	assert.NotEmpty(t, key)
	for _, r := range orders.got {
		assert.Equal(t, key, r.Header.Get("Idempotency-Key"))
	}
	servicetest.Send(t, "POST", url+"/api/orders", `{}`, "Idempotency-Key", "mine")
	assert.Equal(t, "mine", orders.got[3].Header.Get("Idempotency-Key"))
	servicetest.Send(t, "POST", url+"/api/orders", `{}`)
	assert.NotEqual(t, key, orders.got[4].Header.Get("Idempotency-Key"))

	res, _ = servicetest.Send(t, "POST", url+"/api/users", `{}`, "Idempotency-Key", "mine")
	assert.Equal(t, 503, res.StatusCode)
	require.Len(t, users.got, 1)
	assert.Empty(t, users.got[0].Header.Get("Idempotency-Key"))
}

func TestOrdersOfUser(t *testing.T) {
	users, orders := newFake(t), newFake(t)
	url := start(t, users, orders)
	res, body := servicetest.Send(t, "GET", url+"/api/users/a%20b/orders", "")
	assert.Equal(t, 200, res.StatusCode, body)
	assert.JSONEq(t, `{"user": {"path": "/users/a%20b"}, "orders": {"path": "/orders?user=a+b"}}`, body)
}

func TestFailingService(t *testing.T) {
	for name, tt := range map[string]struct {
		users, orders *fake
		closed        string
		path          string
		status        int
	}{
		"no such user":             {newFake(t, 404), newFake(t), "", "/api/users/1/orders", 404},
		"not logged in":            {newFake(t, 401), newFake(t), "", "/api/users/1/orders", 401},
		"users fail":               {newFake(t, 500), newFake(t), "", "/api/users/1/orders", 503},
		"orders fail":              {newFake(t), newFake(t, 500), "", "/api/users/1/orders", 503},
		"users are away":           {newFake(t), newFake(t), "users", "/api/users/1", 503},
		"orders are away":          {newFake(t), newFake(t), "orders", "/api/users/1/orders", 503},
		"an answer is an answer":   {newFake(t, 500), newFake(t), "", "/api/users/1", 500},
		"no route":                 {newFake(t), newFake(t), "", "/api/other", 404},
		"the services' own routes": {newFake(t), newFake(t), "", "/users/1", 404},
	} {
		t.Run(name, func(t *testing.T) {
			url := start(t, tt.users, tt.orders)
			switch tt.closed {
			case "users":
				tt.users.Close()
			case "orders":
				tt.orders.Close()
			}
			res, body := servicetest.Send(t, "GET", url+tt.path, "", "X-Request-ID", "req-1")
			assert.Equal(t, tt.status, res.StatusCode, body)
			if name == "an answer is an answer" {
				return
			}
			var problem map[string]string
			require.NoError(t, json.Unmarshal([]byte(body), &problem), body)
			assert.NotEmpty(t, problem["error"])
			assert.Equal(t, "req-1", problem["request_id"])
			assert.NotContains(t, body, "127.0.0.1", "not for the client")
		})
	}
}
