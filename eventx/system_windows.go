package eventx

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/surefoot-go/surefoot/eventx/internal/eventlog"
	"github.com/surefoot-go/surefoot/eventx/internal/queue"
	"github.com/surefoot-go/surefoot/eventx/internal/reading"
)

// maxEvent is the maximum size of a queued event in bytes.
const maxEvent = eventlog.MaxText

func openSystemSink(source string) (queue.Sink, error) { return eventlog.Open(source) }

func query(ctx context.Context, f reading.Filter, yield func(reading.Record) bool) error {
	return eventlog.Query(ctx, f, yield)
}

func status(name string) (State, error) {
	r, f, err := eventlog.LookUp(name)
	if errors.Is(err, fs.ErrNotExist) {
		return State{Mode: Unregistered, Log: defaultLog, Note: "not registered: events have the ID 3299; Install registers it"}, nil
	}
	if err != nil {
		return State{}, fmt.Errorf("eventx: %w", err)
	}
	s := State{Mode: Mode(f.Mode), Log: r.Log, MessageFile: r.Messages}
	switch {
	case f.Mode == eventlog.Unregistered:
		s.Note = "registered without a message file: events have the ID 3299; Install adds one"
	case r.Provider != "" && f.Mode == eventlog.ForeignFile:
		s.Note = "a provider with a manifest, " + r.Provider + ": it belongs to another program"
	case r.Provider != "" && f.Mode == eventlog.BrokenFile:
		s.Note = "a provider with a manifest, " + r.Provider + ", whose message file is missing: events have the ID 3299"
	case f.Mode == eventlog.BrokenFile:
		s.Note = fmt.Sprintf("its message file %s is missing: events have the ID 3299; Install repairs it", strings.Join(f.Missing, ", "))
	case f.Mode == eventlog.EventCreate:
		s.Note = "EventCreate.exe has the IDs 1–1000 only; Install makes a message file with all"
	case f.Form == eventlog.FormOEM:
		s.Note = "netmsg.dll has texts of Windows' own: events have the ID 3299"
	case len(f.Missing) > 0:
		s.Note = "of its message files, these are missing: " + strings.Join(f.Missing, ", ")
	}
	return s, nil
}
