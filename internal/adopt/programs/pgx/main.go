// The pgx row: a service in front of PostgreSQL.
package main

import (
	"context"
	"io"
	"net/http"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/surefoot-go/surefoot/internal/adopt/kit"
)

func main() { kit.Main("pgx", serve, kit.HTTP) }

func serve(ctx context.Context, s *kit.Service) error {
	// The pool outlives ctx: requests under way at a stop use it.
	pool, err := pgxpool.New(context.WithoutCancel(ctx), s.Backend)
	if err != nil {
		return err
	}
	defer pool.Close()
	if err := pool.Ping(ctx); err != nil {
		return err
	}
	err = s.ServeHTTP(ctx, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var answer string
		if err := pool.QueryRow(r.Context(), "select $1::text", s.Work()).Scan(&answer); err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		io.WriteString(w, answer)
	}))
	s.Tasks.Wait() // before the pool closes; Stop has its error
	return err
}
