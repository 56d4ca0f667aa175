package service

import (
	"context"
	"io"
	"log/slog"

	"github.com/surefoot-go/surefoot/eventx"

	"github.com/surefoot-go/surefoot/examples/devloop/internal/requestid"
)

// newLog returns one logger for two places: everything to the console w, times
// with their zone; warnings and errors to the system's own log as well. The
// handler of the latter must be closed.
func newLog(w io.Writer, service string) (*slog.Logger, *eventx.Handler, error) {
	events, err := eventx.NewHandler(service, &eventx.HandlerOptions{Fallback: io.Discard}) // the console has it already
	if err != nil {
		return nil, nil, err
	}
	console := slog.NewTextHandler(w, nil)
	return slog.New(withRequestID{slog.NewMultiHandler(console, events)}), events, nil
}

// withRequestID adds the ID of the request that a record's context belongs to.
type withRequestID struct{ slog.Handler }

func (h withRequestID) Handle(ctx context.Context, r slog.Record) error {
	if id := requestid.From(ctx); id != "" {
		r = r.Clone()
		r.AddAttrs(slog.String("request_id", id))
	}
	return h.Handler.Handle(ctx, r)
}

func (h withRequestID) WithAttrs(attrs []slog.Attr) slog.Handler {
	return withRequestID{h.Handler.WithAttrs(attrs)}
}

func (h withRequestID) WithGroup(name string) slog.Handler {
	return withRequestID{h.Handler.WithGroup(name)}
}
