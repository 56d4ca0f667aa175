// Package users has the user service.
package users

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"net/http"
	"net/mail"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/surefoot-go/surefoot/examples/devloop/internal/service"
	"github.com/surefoot-go/surefoot/examples/devloop/internal/store"
)

// Spec describes the service, for service.Main.
var Spec = service.Spec{
	Name:        "user-service",
	Description: "Keeps the users.",
	Listen:      "localhost:8081",
	Open:        open,
}

const schema = `CREATE TABLE IF NOT EXISTS users (
	id         TEXT PRIMARY KEY,
	name       TEXT NOT NULL,
	email      TEXT NOT NULL UNIQUE,
	created_ms BIGINT NOT NULL
)`

// A User is what the API returns.
type User struct {
	ID      string    `json:"id"`
	Name    string    `json:"name"`
	Email   string    `json:"email"`
	Created time.Time `json:"created"`
}

type server struct{ db *sql.DB }

func open(ctx context.Context, env *service.Env) error {
	db, err := store.Open(ctx, env.DatabaseURL, env.DataDir, "users", schema)
	if err != nil {
		return err
	}
	env.OnClose(db.Close)
	env.Need("database", db.PingContext)
	s := &server{db}
	env.Handle("GET /users", s.list)
	env.Handle("GET /users/{id}", s.get)
	env.Handle("POST /users", s.create)
	return nil
}

const columns = "SELECT id, name, email, created_ms FROM users "

func scan(row store.Row) (u User, err error) {
	var ms int64
	err = row.Scan(&u.ID, &u.Name, &u.Email, &ms)
	u.Created = time.UnixMilli(ms).UTC()
	return u, err
}

func (s *server) list(w http.ResponseWriter, r *http.Request) error {
	users, err := store.List(r.Context(), s.db, scan, columns+"ORDER BY created_ms, id LIMIT 1000")
	if err != nil {
		return err
	}
	return service.WriteJSON(w, http.StatusOK, users)
}

func (s *server) get(w http.ResponseWriter, r *http.Request) error {
	u, err := scan(s.db.QueryRowContext(r.Context(), columns+"WHERE id = $1", r.PathValue("id")))
	if errors.Is(err, sql.ErrNoRows) {
		return service.Errorf(http.StatusNotFound, "no user has the ID %q", r.PathValue("id"))
	}
	if err != nil {
		return err
	}
	return service.WriteJSON(w, http.StatusOK, u)
}

func (s *server) create(w http.ResponseWriter, r *http.Request) error {
	var in struct{ Name, Email string }
	if err := service.ReadJSON(r, &in); err != nil {
		return err
	}
	if err := check(in.Name, in.Email); err != nil {
		return err
	}
	u := User{rand.Text(), in.Name, strings.ToLower(in.Email), time.Now().UTC().Truncate(time.Millisecond)}
	done, err := s.db.ExecContext(r.Context(),
		"INSERT INTO users (id, name, email, created_ms) VALUES ($1, $2, $3, $4) ON CONFLICT (email) DO NOTHING",
		u.ID, u.Name, u.Email, u.Created.UnixMilli())
	if err != nil {
		return err
	}
	if n, err := done.RowsAffected(); err != nil {
		return err
	} else if n == 0 {
		return service.Errorf(http.StatusConflict, "there is a user with the address %s", u.Email)
	}
	w.Header().Set("Location", "/users/"+u.ID)
	return service.WriteJSON(w, http.StatusCreated, u)
}

// check returns an error that says what is wrong with a new user.
func check(name, email string) error {
	if n := utf8.RuneCountInString(name); strings.TrimSpace(name) == "" || n > 100 || strings.ContainsRune(name, 0) {
		return service.Errorf(http.StatusUnprocessableEntity, "name: want 1 to 100 characters")
	}
	if a, err := mail.ParseAddress(email); err != nil || a.Address != email {
		return service.Errorf(http.StatusUnprocessableEntity, "email: want an address such as jane@example.com")
	}
	return nil
}
