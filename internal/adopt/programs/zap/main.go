// The zap row: zap writes JSON to standard output, and eventx the same records to the system's log.
package main

import (
	"context"
	"io"
	"log/slog"
	"net/http"

	"go.uber.org/zap"
	"go.uber.org/zap/exp/zapslog"
	"go.uber.org/zap/zapcore"

	"github.com/surefoot-go/surefoot/consolex"
	"github.com/surefoot-go/surefoot/internal/adopt/kit"
)

func main() { kit.Main("zap", serve, kit.HTTP) }

func serve(ctx context.Context, s *kit.Service) error {
	out := zapcore.AddSync(consolex.Stdout()) // which a service need not have
	core := zapcore.NewCore(zapcore.NewJSONEncoder(zap.NewProductionEncoderConfig()), out, zap.InfoLevel)
	log := zap.New(core)
	defer log.Sync()
	both := slog.New(slog.NewMultiHandler(zapslog.NewHandler(core), s.Log.Handler()))
	both.Info("two logs, one call")
	return s.ServeHTTP(ctx, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		log.Debug("request", zap.String("from", r.RemoteAddr)) // zap alone
		io.WriteString(w, s.Work())
	}))
}
