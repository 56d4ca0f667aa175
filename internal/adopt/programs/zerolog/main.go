// The zerolog row: zerolog writes JSON to standard output, and eventx the same records to the
// system's log.
package main

import (
	"context"
	"io"
	"log/slog"
	"net/http"

	"github.com/rs/zerolog"

	"github.com/surefoot-go/surefoot/consolex"
	"github.com/surefoot-go/surefoot/internal/adopt/kit"
)

func main() { kit.Main("zerolog", serve, kit.HTTP) }

func serve(ctx context.Context, s *kit.Service) error {
	log := zerolog.New(consolex.Stdout()).Level(zerolog.InfoLevel).With().Timestamp().Logger()
	both := slog.New(slog.NewMultiHandler(zerolog.NewSlogHandler(log), s.Log.Handler()))
	both.Info("two logs, one call")
	return s.ServeHTTP(ctx, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		log.Debug().Str("from", r.RemoteAddr).Msg("request") // zerolog alone
		io.WriteString(w, s.Work())
	}))
}
