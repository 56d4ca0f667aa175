// The net/http row: the other HTTP rows differ from it by their handler.
package main

import (
	"context"
	"io"
	"log/slog"
	"net/http"

	"github.com/surefoot-go/surefoot/internal/adopt/kit"
	"github.com/surefoot-go/surefoot/listen"
	"github.com/surefoot-go/surefoot/svcx"
)

func main() { kit.Main("nethttp", serve, kit.HTTP) }

func serve(ctx context.Context, s *kit.Service) error {
	l, err := listen.Dual(s.Address)
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /", func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, s.Work()) })
	server := &http.Server{Handler: mux, ErrorLog: slog.NewLogLogger(s.Log.Handler(), slog.LevelWarn)}
	s.Tasks.Go("serve", func(ctx context.Context) error {
		return svcx.Serve(ctx, func() error { return server.Serve(l) }, server.Shutdown)
	})
	return s.Ready(ctx, l.Addr())
}
