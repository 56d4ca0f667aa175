// Package orders has the order service.
package orders

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/surefoot-go/surefoot/examples/devloop/internal/service"
	"github.com/surefoot-go/surefoot/examples/devloop/internal/store"
	"github.com/surefoot-go/surefoot/examples/devloop/internal/upstream"
)

// Spec describes the service, for service.Main.
var Spec = service.Spec{
	Name:        "order-service",
	Description: "Keeps the orders; asks user-service who may order.",
	Listen:      "localhost:8082",
	DependsOn:   []string{"user-service"},
	Open:        open,
}

// The unique key makes an order that is sent twice one order.
const schema = `CREATE TABLE IF NOT EXISTS orders (
	id              TEXT PRIMARY KEY,
	user_id         TEXT NOT NULL,
	item            TEXT NOT NULL,
	quantity        BIGINT NOT NULL,
	created_ms      BIGINT NOT NULL,
	idempotency_key TEXT NOT NULL UNIQUE
)`

const index = `CREATE INDEX IF NOT EXISTS orders_of_user ON orders (user_id, created_ms)`

// userTTL is how long a user that user-service knows is not asked for again.
const userTTL = 30 * time.Second

// An Order is what the API returns.
type Order struct {
	ID       string    `json:"id"`
	UserID   string    `json:"user_id"`
	Item     string    `json:"item"`
	Quantity int64     `json:"quantity"`
	Created  time.Time `json:"created"`
}

type server struct {
	db    *sql.DB
	cache store.Cache
	users *upstream.Client
	env   *service.Env
}

func open(ctx context.Context, env *service.Env) error {
	db, err := store.Open(ctx, env.DatabaseURL, env.DataDir, "orders", schema, index)
	if err != nil {
		return err
	}
	env.OnClose(db.Close)
	cache, err := store.OpenCache(env.RedisURL)
	if err != nil {
		return err
	}
	env.OnClose(cache.Close)
	users := upstream.New("user-service", env.UserServiceURL, env.Metrics)
	env.OnClose(users.Close)
	env.Need("database", db.PingContext)
	env.Want("cache", cache.Ping)
	env.Want("user-service", users.Ready)

	s := &server{db, cache, users, env}
	env.Handle("GET /orders", s.list)
	env.Handle("GET /orders/{id}", s.get)
	env.Handle("POST /orders", s.create)
	return nil
}

const columns = "SELECT id, user_id, item, quantity, created_ms FROM orders "

func scan(row store.Row) (o Order, err error) {
	var ms int64
	err = row.Scan(&o.ID, &o.UserID, &o.Item, &o.Quantity, &ms)
	o.Created = time.UnixMilli(ms).UTC()
	return o, err
}

func (s *server) list(w http.ResponseWriter, r *http.Request) error {
	query, args := columns+"ORDER BY created_ms DESC, id LIMIT 1000", []any{}
	if user := r.URL.Query().Get("user"); user != "" {
		query, args = columns+"WHERE user_id = $1 ORDER BY created_ms DESC, id LIMIT 1000", []any{user}
	}
	orders, err := store.List(r.Context(), s.db, scan, query, args...)
	if err != nil {
		return err
	}
	return service.WriteJSON(w, http.StatusOK, orders)
}

func (s *server) get(w http.ResponseWriter, r *http.Request) error {
	o, err := scan(s.db.QueryRowContext(r.Context(), columns+"WHERE id = $1", r.PathValue("id")))
	if errors.Is(err, sql.ErrNoRows) {
		return service.Errorf(http.StatusNotFound, "no order has the ID %q", r.PathValue("id"))
	}
	if err != nil {
		return err
	}
	return service.WriteJSON(w, http.StatusOK, o)
}

func (s *server) create(w http.ResponseWriter, r *http.Request) error {
	var in struct {
		UserID   string `json:"user_id"`
		Item     string `json:"item"`
		Quantity int64  `json:"quantity"`
	}
	if err := service.ReadJSON(r, &in); err != nil {
		return err
	}
	if err := check(in.Item, in.Quantity); err != nil {
		return err
	}
	if err := s.checkUser(r.Context(), in.UserID); err != nil {
		return err
	}
	key := r.Header.Get(upstream.KeyHeader)
	if len(key) > 200 || !utf8.ValidString(key) {
		return service.Errorf(http.StatusBadRequest, "%s: want 1 to 200 bytes of UTF-8", upstream.KeyHeader)
	}
	if key == "" {
		key = rand.Text()
	}
	o := Order{rand.Text(), in.UserID, in.Item, in.Quantity, time.Now().UTC().Truncate(time.Millisecond)}
	done, err := s.db.ExecContext(r.Context(), `INSERT INTO orders (id, user_id, item, quantity, created_ms, idempotency_key)
		VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (idempotency_key) DO NOTHING`,
		o.ID, o.UserID, o.Item, o.Quantity, o.Created.UnixMilli(), key)
	if err != nil {
		return err
	}
	n, err := done.RowsAffected()
	if err != nil {
		return err
	}
	status := http.StatusCreated
	if n == 0 { // an order with this key exists
		first, err := scan(s.db.QueryRowContext(r.Context(), columns+"WHERE idempotency_key = $1", key))
		if err != nil {
			return err
		}
		if first.UserID != o.UserID || first.Item != o.Item || first.Quantity != o.Quantity {
			return service.Errorf(http.StatusUnprocessableEntity, "%s: the key belongs to another order", upstream.KeyHeader)
		}
		o, status = first, http.StatusOK
	}
	w.Header().Set("Location", "/orders/"+o.ID)
	return service.WriteJSON(w, status, o)
}

// check returns an error that says what is wrong with a new order.
func check(item string, quantity int64) error {
	if strings.TrimSpace(item) == "" || len(item) > 200 || strings.ContainsRune(item, 0) {
		return service.Errorf(http.StatusUnprocessableEntity, "item: want 1 to 200 bytes")
	}
	if quantity < 1 || quantity > 1000 {
		return service.Errorf(http.StatusUnprocessableEntity, "quantity: want 1 to 1000")
	}
	return nil
}

// checkUser returns nil if the cache or user-service knows the user.
func (s *server) checkUser(ctx context.Context, id string) error {
	if id == "" || strings.ContainsAny(id, "/?#%\x00") || len(id) > 64 {
		return service.Errorf(http.StatusUnprocessableEntity, "user_id: want a user's ID")
	}
	key := "devloop:user:" + id
	if _, ok, err := s.cache.Get(ctx, key); ok {
		return nil
	} else if err != nil {
		s.env.Log.WarnContext(ctx, "continuing without the cache", "err", err)
	}
	var user struct{}
	status, err := s.users.Get(ctx, "/users/"+id, nil, &user)
	switch {
	case status == http.StatusNotFound:
		return service.Errorf(http.StatusUnprocessableEntity, "user_id: no user has the ID %q", id)
	case err != nil:
		return upstream.Unavailable("user-service does not answer at the moment", err)
	}
	if err := s.cache.Set(ctx, key, "1", userTTL); err != nil {
		s.env.Log.WarnContext(ctx, "continuing without the cache", "err", err)
	}
	return nil
}
