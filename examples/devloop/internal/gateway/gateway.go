// Package gateway is the way in: it hands /api/… on to the services, and puts
// together what needs more than one of them.
package gateway

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"github.com/surefoot-go/surefoot/examples/devloop/internal/service"
	"github.com/surefoot-go/surefoot/examples/devloop/internal/upstream"
)

// Spec is the service for service.Main.
var Spec = service.Spec{
	Name:        "api-gateway",
	Description: "The way in to the other services.",
	Listen:      "localhost:8000",
	DependsOn:   []string{"user-service", "order-service"},
	Open:        open,
}

func open(_ context.Context, env *service.Env) error {
	users := upstream.New("user-service", env.UserServiceURL, env.Metrics)
	orders := upstream.New("order-service", env.OrderServiceURL, env.Metrics)
	env.OnClose(users.Close)
	env.OnClose(orders.Close)
	env.Want("user-service", users.Ready)
	env.Want("order-service", orders.Ready)

	for pattern, client := range map[string]*upstream.Client{
		"/api/users": users, "/api/users/{id}": users, "/api/orders": orders, "/api/orders/{id}": orders,
	} {
		env.Handle("GET "+pattern, forward(client))
	}
	env.Handle("POST /api/users", forward(users))
	env.Handle("POST /api/orders", keyed(forward(orders)))
	env.Handle("GET /api/users/{id}/orders", ordersOf(users, orders))
	return nil
}

// keyed gives a request a key if it has none, so that it can be sent again without
// being done again.
func keyed(h service.Handler) service.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		if r.Header.Get(upstream.KeyHeader) == "" {
			r.Header.Set(upstream.KeyHeader, rand.Text())
		}
		return h(w, r)
	}
}

// forward hands a request on, and the answer back.
func forward(to *upstream.Client) service.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return err
		}
		path := strings.TrimPrefix(r.URL.EscapedPath(), "/api")
		if r.URL.RawQuery != "" {
			path += "?" + r.URL.RawQuery
		}
		res, err := to.Do(r.Context(), r.Method, path, r.Header, body)
		if err != nil {
			return unavailable(err)
		}
		if v := res.Header.Get("Location"); strings.HasPrefix(v, "/") {
			w.Header().Set("Location", "/api"+v)
		}
		for _, name := range []string{"Content-Type", "Retry-After"} {
			if v := res.Header.Get(name); v != "" {
				w.Header().Set(name, v)
			}
		}
		w.WriteHeader(res.Status)
		_, err = w.Write(res.Body)
		return err
	}
}

// ordersOf answers with a user and the user's orders, asked for at the same time.
func ordersOf(users, orders *upstream.Client) service.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		id := url.PathEscape(r.PathValue("id"))
		var answer struct {
			User   json.RawMessage `json:"user"`
			Orders json.RawMessage `json:"orders"`
		}
		var wg sync.WaitGroup
		var ordersErr error
		wg.Go(func() {
			_, ordersErr = orders.Get(r.Context(), "/orders?user="+url.QueryEscape(r.PathValue("id")), &answer.Orders)
		})
		status, err := users.Get(r.Context(), "/users/"+id, &answer.User)
		wg.Wait()
		switch {
		case status == http.StatusNotFound:
			return service.Errorf(http.StatusNotFound, "no user has the ID %q", r.PathValue("id"))
		case err != nil:
			return unavailable(err)
		case ordersErr != nil:
			return unavailable(ordersErr)
		}
		return service.WriteJSON(w, http.StatusOK, answer)
	}
}

func unavailable(err error) error {
	return &service.Error{Status: http.StatusServiceUnavailable, Message: "a service does not answer for now", Err: err}
}
