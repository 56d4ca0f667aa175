package gateway_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
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

// A hop is one request between two services.
type hop struct {
	begin, end time.Time
	limit      time.Duration // what the caller says that it will wait; 0: nothing
}

// A wire records the requests that go to a service.
type wire struct {
	mu   sync.Mutex
	hops []hop
}

func (w *wire) to(t *testing.T, next http.Handler) string {
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/readyz" {
			return
		}
		ms, _ := strconv.Atoi(r.Header.Get("X-Timeout-Ms"))
		h := hop{begin: time.Now(), limit: time.Duration(ms) * time.Millisecond}
		defer func() {
			h.end = time.Now()
			w.mu.Lock()
			defer w.mu.Unlock()
			w.hops = append(w.hops, h)
		}()
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
			require.NoError(t, api.Stop())
			require.NoError(t, orderService.Stop())

			t.Logf("%d calls of order-service, %d of user-service, in %v", len(toOrders.hops), len(toUsers.hops), took)
			assert.Len(t, toOrders.hops, 1)
			// Three tries; net/http adds one where a try got a connection that the other end had closed.
			assert.LessOrEqual(t, len(toUsers.hops), 4)
			assert.Greater(t, len(toUsers.hops), 1, "there are retries")
			require.NotEmpty(t, toOrders.hops)
			outer := toOrders.hops[0]
			assert.Positive(t, outer.limit)
			for _, inner := range toUsers.hops {
				assert.Positive(t, inner.limit)
				assert.LessOrEqual(t, inner.begin.Add(inner.limit).Sub(outer.begin), outer.limit,
					"the inner time-out exceeds the outer")
			}
		})
	}
}
