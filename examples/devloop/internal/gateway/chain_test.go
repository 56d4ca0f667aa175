package gateway_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/examples/devloop/internal/gateway"
	"github.com/surefoot-go/surefoot/examples/devloop/internal/orders"
	"github.com/surefoot-go/surefoot/examples/devloop/internal/service/servicetest"
)

// A wire records the requests that go to a service: the milliseconds that the caller says it waits.
type wire struct {
	mu     sync.Mutex
	limits []int // 0: the caller said nothing
}

func (w *wire) all() []int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.limits)
}

func (w *wire) to(t *testing.T, next http.Handler) string {
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/readyz" {
			return
		}
		ms, _ := strconv.Atoi(r.Header.Get("X-Timeout-Ms"))
		w.mu.Lock()
		w.limits = append(w.limits, ms)
		w.mu.Unlock()
		next.ServeHTTP(rw, r)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// An order goes through the gateway and order-service to a user-service that fails. Tries must not
// multiply: order-service makes all that are made, and no service waits longer than its caller does.
func TestFailureIsNotMultiplied(t *testing.T) {
	fail := func(status int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }
	}
	for name, users := range map[string]http.HandlerFunc{
		"503": fail(503),
		"502": fail(502),
		"cut": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"hangs": func(_ http.ResponseWriter, r *http.Request) {
			io.Copy(io.Discard, r.Body) // the server sees only then that the client goes
			<-r.Context().Done()
		},
	} {
		t.Run(name, func(t *testing.T) {
			var toOrders, toUsers wire
			usersURL := toUsers.to(t, users)
			orderService := servicetest.Start(t, orders.Spec, map[string]string{"USER_SERVICE_URL": usersURL})
			target, err := url.Parse(orderService.URL)
			require.NoError(t, err)
			api := servicetest.Start(t, gateway.Spec, map[string]string{
				"USER_SERVICE_URL":  usersURL,
				"ORDER_SERVICE_URL": toOrders.to(t, httputil.NewSingleHostReverseProxy(target)),
			})

			begin := time.Now()
			res, body := servicetest.Send(t, "POST", api.URL+"/api/orders", `{"user_id": "jane", "item": "tea", "quantity": 1}`)
			took := time.Since(begin)
			assert.Equal(t, 503, res.StatusCode, body)
			assert.Equal(t, "true", res.Header.Get("X-Do-Not-Retry"), "for the client and its proxies")
			outer, inner := toOrders.all(), toUsers.all()
			t.Logf("%d calls of order-service, %d of user-service, in %v", len(outer), len(inner), took)
			require.Len(t, outer, 1)
			// Three tries; net/http adds one where a try got a connection that the other end had closed.
			assert.LessOrEqual(t, len(inner), 4)
			assert.Greater(t, len(inner), 1, "there are retries")
			assert.Positive(t, outer[0])
			assert.Less(t, outer[0], 8000, "a service's own limit")
			for _, limit := range inner {
				assert.Positive(t, limit)
				assert.Less(t, limit, outer[0], "the inner time-out exceeds the outer")
			}
		})
	}
}
