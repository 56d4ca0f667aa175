package eventx

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"time"

	"github.com/surefoot-go/surefoot/eventx/internal/eventlog"
	"github.com/surefoot-go/surefoot/eventx/internal/reading"
)

// Filter says which events [Query] yields and [CustomView] shows. The zero Filter is all events of
// a log from Info up.
type Filter struct {
	// Sources are the names of the sources; none: all.
	Sources []string

	// IDs are the events' IDs; none: all. On journald, only events that this package wrote have
	// one. Query also finds those of unregistered sources.
	IDs []uint16

	// MinLevel is the lowest level.
	MinLevel slog.Level

	// Since is the time of the oldest event; zero: the oldest there is.
	Since time.Time

	// After is the Bookmark of a record: only later ones follow. A program that remembers the last
	// one goes on where it stopped. Not for CustomView.
	After string

	// Follow: Query does not end, but waits for new events. Not for CustomView.
	Follow bool

	// Log is the Windows log; "": Application. It has no meaning elsewhere.
	Log string

	// Namespace is journald's namespace, "*" for all of them (journalctl --namespace); "": the one
	// of this service's LogNamespace=, otherwise the default one. It has no meaning on Windows.
	Namespace string
}

// Record is an event that was read back from the log.
type Record struct {
	Time     time.Time
	Level    slog.Level // Debug, Info, Warn or Error
	Source   string
	ID       uint16 // 0 for a journal entry that has none
	Category uint16
	Message  string

	// Attrs are the attributes as text. On Windows they are what follows the message as key=value
	// lines, and the named data, UserData (with names like "Policy.type") and binary data of events
	// of other programs. On journald they are the fields that are not the journal's own, by name,
	// those of other programs with names in lower case.
	Attrs []slog.Attr

	Host     string
	PID      int    // 0: unknown
	Bookmark string // for Filter.After
}

// String returns the record as one line:
//
//	2026-11-25T09:30:00.000Z ERROR orders[2001] payment service unreachable host=pay.example.com
func (r Record) String() string { return reading.Record(r).String() }

// Query yields the events that f selects, oldest first, from the Windows Event Log or from
// journald, which it asks through journalctl. With f.Follow it waits for more until ctx ends.
//
// An event that is damaged is yielded with what could be read, or skipped. When the log breaks a
// query off, because it was cleared or because its events are too large for one answer, Query goes
// on after the last event that it has read.
//
// An error is the last that it yields, beside a zero Record: the context's when that ends; one that
// wraps [errors.ErrUnsupported] where there is no log that could be read; on Linux whatever
// journalctl says, if it fails. The system decides who may read the log: on Linux, users who are
// not in the group systemd-journal see only their own events.
func Query(ctx context.Context, f Filter) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		err := query(ctx, reading.Filter(f), func(r reading.Record) bool { return yield(Record(r), nil) })
		if cause := context.Cause(ctx); cause != nil && err != nil {
			err = cause
		}
		if err != nil {
			yield(Record{}, fmt.Errorf("eventx: query: %w", err))
		}
	}
}

// Print writes the events that f selects to w, a line each, in the shape of a service's "logs"
// command. The end of ctx ends a Filter that follows, and is not an error then.
func (f Filter) Print(ctx context.Context, w io.Writer) error {
	for r, err := range Query(ctx, f) {
		if err != nil {
			if f.Follow && ctx.Err() != nil && errors.Is(err, context.Cause(ctx)) {
				return nil
			}
			return err
		}
		if _, err := fmt.Fprintln(w, r); err != nil {
			return err
		}
	}
	return nil
}

// CustomView returns Event Viewer's XML for a view of that name with the events that f selects:
// saved as a file, it is loaded with Event Viewer's "Import Custom View", or for all users by a
// copy in %ProgramData%\Microsoft\Event Viewer\Views. It works on every system. Events of sources
// that are not registered are not found by their IDs.
//
// It fails if name is empty or if the name of a source contains both kinds of quotes, which Event
// Viewer's language has no way to write.
func CustomView(name string, f Filter) ([]byte, error) {
	return eventlog.CustomView(name, reading.Filter(f))
}
