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

// Filter selects the events that [Query] yields and [CustomView] shows. The zero Filter selects all
// events of a log from Info up.
type Filter struct {
	// Sources are the names of the sources; empty means all.
	Sources []string

	// IDs are the events' IDs; empty means all. In journald, only events written by this package
	// have IDs. Query also finds events of unregistered sources by their IDs.
	IDs []uint16

	// MinLevel is the lowest level.
	MinLevel slog.Level

	// Since is the time of the oldest event; zero means no limit.
	Since time.Time

	// After is the Bookmark of a record; only later records are selected. A program that saves the
	// last Bookmark can resume where it stopped. CustomView does not support it.
	After string

	// Follow makes Query wait for new events instead of ending. CustomView does not support it.
	Follow bool

	// Log is the Windows log; "" means Application. It is ignored on other systems.
	Log string

	// Namespace is journald's namespace, or "*" for all of them (journalctl --namespace); "" means
	// that of this service's LogNamespace=, or else the default one. It is ignored on Windows.
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

	// Attrs are the attributes as text. On Windows they are the key=value lines after the message
	// and, for events of other programs, the named data, UserData (with names like "Policy.type")
	// and binary data. In journald they are the fields other than the journal's own, sorted by
	// name; those of other programs have names in lower case.
	Attrs []slog.Attr

	Host     string
	PID      int    // 0: unknown
	Bookmark string // for Filter.After
}

// String returns the record as one line:
//
//	2026-11-25T09:30:00.000Z ERROR orders[2001] payment service unreachable host=pay.example.com
func (r Record) String() string { return reading.Record(r).String() }

// Query yields the events that f selects, oldest first, from the Windows Event Log or, through
// journalctl, from journald. With f.Follow it waits for more until ctx ends.
//
// A damaged event is yielded with the readable parts, or skipped. If the log aborts a query,
// because it was cleared or its events are too large for one response, Query continues after the
// last event that it has read.
//
// If an error occurs, Query yields it with a zero Record and ends. The error is the context's if
// ctx ends; it wraps [errors.ErrUnsupported] if there is no readable log; on Linux it contains the
// message of journalctl if that fails. The system determines who may read the log: on Linux, users
// who are not in the group systemd-journal see only their own events.
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

// Print writes the events that f selects to w, one per line. Its signature is that of a service's
// "logs" command. If f.Follow is set, Print ends with ctx and does not return an error for that.
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

// CustomView returns the XML of an Event Viewer view with that name and the events that f selects.
// Save it as a file and load it with Event Viewer's "Import Custom View", or copy it to
// %ProgramData%\Microsoft\Event Viewer\Views for all users. CustomView works on every system. The
// view does not find events of unregistered sources by their IDs.
//
// CustomView fails if name is empty or if the name of a source contains both kinds of quotes, which
// can't be expressed in Event Viewer's query language.
func CustomView(name string, f Filter) ([]byte, error) {
	return eventlog.CustomView(name, reading.Filter(f))
}
