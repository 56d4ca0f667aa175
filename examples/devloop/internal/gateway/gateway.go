// Package gateway is the entry point to the other services. It forwards /api/… to them, and
// combines the answers of several.
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

// Spec describes the service, for service.Main.
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
		env.Handle("GET "+pattern, forward(client, false))
	}
	env.Handle("POST /api/users", forward(users, false))
	env.Handle("POST /api/orders", forward(orders, true))
	env.Handle("GET /api/users/{id}/orders", ordersOf(users, orders))
	return nil
}

// credentials are the headers that identify a client to a service.
var credentials = []string{"Authorization", "Cookie"}

// The headers to forward. Others concern one connection, or are not for the services.
var (
	passDown = []string{"Accept", "Authorization", "Content-Type", "Cookie", "If-Match", "If-None-Match"}
	passUp   = []string{"Cache-Control", "Content-Type", "ETag", "Retry-After", "Set-Cookie", "Vary",
		"WWW-Authenticate", service.NoRetryHeader}
)

// pick adds the named headers of from to header.
func pick(header, from http.Header, names []string) http.Header {
	for _, name := range names {
		for _, value := range from.Values(name) {
			header.Add(name, value)
		}
	}
	return header
}

// forward passes a request on, and the answer back. keyed says that the service honours
// Idempotency-Key: then each request gets one, the client's or a new one, and can be retried. Any
// other service must not get a key, or it would be taken to be safe to retry.
func forward(to *upstream.Client, keyed bool) service.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return err
		}
		path := strings.TrimPrefix(r.URL.EscapedPath(), "/api")
		if r.URL.RawQuery != "" {
			path += "?" + r.URL.RawQuery
		}
		header := pick(http.Header{}, r.Header, passDown)
		if keyed {
			key := r.Header.Get(upstream.KeyHeader)
			if key == "" {
				key = rand.Text()
			}
			header.Set(upstream.KeyHeader, key)
		}
		res, err := to.Do(r.Context(), r.Method, path, header, body)
		if err != nil {
			return unavailable(err)
		}
		pick(w.Header(), res.Header, passUp)
		if v := res.Header.Get("Location"); strings.HasPrefix(v, "/") {
			w.Header().Set("Location", "/api"+v)
		}
		w.WriteHeader(res.Status)
		_, err = w.Write(res.Body)
		return err
	}
}

// ordersOf answers with a user and the user's orders, which it requests at the same time.
func ordersOf(users, orders *upstream.Client) service.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		id, header := r.PathValue("id"), pick(http.Header{}, r.Header, credentials)
		var answer struct {
			User   json.RawMessage `json:"user"`
			Orders json.RawMessage `json:"orders"`
		}
		var wg sync.WaitGroup
		var ordersErr error
		wg.Go(func() {
			_, ordersErr = orders.Get(r.Context(), "/orders?user="+url.QueryEscape(id), header, &answer.Orders)
		})
		status, err := users.Get(r.Context(), "/users/"+url.PathEscape(id), header, &answer.User)
		wg.Wait()
		switch {
		case status == http.StatusNotFound:
			return service.Errorf(status, "no user has the ID %q", id)
		case status == http.StatusUnauthorized || status == http.StatusForbidden:
			return service.Errorf(status, "%s", strings.ToLower(http.StatusText(status)))
		case err != nil:
			return unavailable(err)
		case ordersErr != nil:
			return unavailable(ordersErr)
		}
		return service.WriteJSON(w, http.StatusOK, answer)
	}
}

func unavailable(err error) error {
	return upstream.Unavailable("another service does not answer at the moment", err)
}
