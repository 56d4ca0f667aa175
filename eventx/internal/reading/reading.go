// Package reading defines the events read back from a log, and the filter that selects them.
package reading

import (
	"fmt"
	"log/slog"
	"strconv"
	"time"

	"github.com/surefoot-go/surefoot/eventx/internal/quote"
)

// Filter selects events. It is exported and documented as eventx.Filter.
type Filter struct {
	Sources   []string
	IDs       []uint16
	MinLevel  slog.Level
	Since     time.Time
	After     string
	Follow    bool
	Log       string
	Namespace string
}

// Record is an event that was read back. It is exported and documented as eventx.Record.
type Record struct {
	Time     time.Time
	Level    slog.Level
	Source   string
	ID       uint16
	Category uint16
	Message  string
	Attrs    []slog.Attr
	Host     string
	PID      int
	Bookmark string
}

// Matches checks the conditions that a log's query can't express, or not exactly.
func (f Filter) Matches(r Record) bool {
	if r.Level < f.MinLevel || r.Time.Before(f.Since) {
		return false
	}
	for _, id := range f.IDs {
		if id == r.ID {
			return true
		}
	}
	return len(f.IDs) == 0
}

// String returns the record as one line.
func (r Record) String() string {
	line := r.Time.AppendFormat(nil, "2006-01-02T15:04:05.000Z07:00")
	line = fmt.Appendf(line, " %s %s", r.Level, quote.AppendOneLine(nil, []byte(r.Source)))
	if r.ID != 0 {
		line = append(strconv.AppendUint(append(line, '['), uint64(r.ID), 10), ']')
	}
	line = quote.AppendOneLine(append(line, ' '), []byte(r.Message))
	for _, a := range r.Attrs {
		line = append(quote.AppendQuoted(append(line, ' '), []byte(a.Key)), '=')
		line = quote.AppendQuoted(line, []byte(a.Value.String()))
	}
	return string(line)
}
