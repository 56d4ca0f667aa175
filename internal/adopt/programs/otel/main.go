// The OpenTelemetry row: one logger for the SDK, by its slog bridge, and for the system's log.
package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"

	"go.opentelemetry.io/contrib/bridges/otelslog"
	"go.opentelemetry.io/otel/exporters/stdout/stdoutlog"
	"go.opentelemetry.io/otel/sdk/log"
	"go.opentelemetry.io/otel/sdk/trace"

	"github.com/surefoot-go/surefoot/consolex"
	"github.com/surefoot-go/surefoot/internal/adopt/kit"
)

func main() { kit.Main("otel", serve, kit.HTTP) }

func serve(ctx context.Context, s *kit.Service) error {
	exporter, err := stdoutlog.New(stdoutlog.WithWriter(consolex.Stdout())) // or otlploggrpc
	if err != nil {
		return err
	}
	logs := log.NewLoggerProvider(log.WithProcessor(log.NewBatchProcessor(exporter)))
	traces := trace.NewTracerProvider()
	bridge := otelslog.NewHandler("adopt", otelslog.WithLoggerProvider(logs))
	logger := slog.New(slog.NewMultiHandler(bridge, s.Log.Handler()))
	logger.Info("telemetry begins")

	err = s.ServeHTTP(ctx, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, span := traces.Tracer("adopt").Start(r.Context(), "work")
		defer span.End()
		logger.DebugContext(ctx, "request", "from", r.RemoteAddr)
		io.WriteString(w, s.Work())
	}))
	last := context.WithoutCancel(ctx) // what is in the batch is still exported
	return errors.Join(err, s.Tasks.Stop(last), traces.Shutdown(last), logs.Shutdown(last))
}
