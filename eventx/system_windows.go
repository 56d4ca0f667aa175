package eventx

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
)

// maxEvent is how many bytes of an event may wait for the log.
const maxEvent = maxEventLogText

func openSystemSink(source string) (sink, error) { return openEventLog(source) }

func query(ctx context.Context, f filter, yield func(record) bool) error {
	return queryEventLog(ctx, f, yield)
}

func status(name string) (State, error) {
	r, f, err := lookUp(name)
	if errors.Is(err, fs.ErrNotExist) {
		return State{Mode: Unregistered, Log: defaultLog, Note: "not registered: events have the ID 3299; Install registers it"}, nil
	}
	if err != nil {
		return State{}, fmt.Errorf("eventx: %w", err)
	}
	s := State{Mode: Mode(f.mode), Log: r.log, MessageFile: r.messages}
	switch {
	case f.mode == unregistered:
		s.Note = "registered without a message file: events have the ID 3299; Install adds one"
	case r.provider != "" && f.mode == foreignFile:
		s.Note = "a provider with a manifest, " + r.provider + ": it belongs to another program"
	case r.provider != "" && f.mode == brokenFile:
		s.Note = "a provider with a manifest, " + r.provider + ", whose message file is missing: events have the ID 3299"
	case f.mode == brokenFile:
		s.Note = fmt.Sprintf("its message file %s is missing: events have the ID 3299; Install repairs it", strings.Join(f.missing, ", "))
	case f.mode == eventCreate:
		s.Note = "EventCreate.exe has the IDs 1–1000 only; Install makes a message file with all"
	case f.form == formOEM:
		s.Note = "netmsg.dll has texts of Windows' own: events have the ID 3299"
	case len(f.missing) > 0:
		s.Note = "of its message files, these are missing: " + strings.Join(f.missing, ", ")
	}
	return s, nil
}
