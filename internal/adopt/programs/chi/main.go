// The chi row: a router is an http.Handler.
package main

import (
	"context"
	"io"
	"net/http"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"github.com/surefoot-go/surefoot/internal/adopt/kit"
)

func main() { kit.Main("chi", serve, kit.HTTP) }

func serve(ctx context.Context, s *kit.Service) error {
	router := chi.NewRouter()
	router.Use(middleware.RequestID, middleware.Recoverer)
	router.Get("/", func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, s.Work()) })
	return s.ServeHTTP(ctx, router)
}
