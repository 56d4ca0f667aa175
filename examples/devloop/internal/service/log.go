package service

import (
	"context"
	"io"
	"log/slog"

	"github.com/surefoot-go/surefoot/eventx"
)

// newLog returns a logger that writes everything to the console w, and warnings and errors to the
// system's log too. The caller must shut the returned handler down.
func newLog(w io.Writer, service string) (*slog.Logger, *eventx.Handler, error) {
	events, err := eventx.NewHandler(service, &eventx.HandlerOptions{Fallback: io.Discard}) // the console has the record already
	if err != nil {
		return nil, nil, err
	}
	console := slog.NewTextHandler(w, nil)
	return slog.New(withRequestID{slog.NewMultiHandler(console, events)}), events, nil
}

// withRequestID adds the request's ID from a record's context.
type withRequestID struct{ slog.Handler }

func (h withRequestID) Handle(ctx context.Context, r slog.Record) error {
	if id := RequestID(ctx); id != "" {
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
