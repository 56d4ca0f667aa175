package queue

import (
	"errors"
	"log/slog"
	"time"
)

// lostError marks an error after which a sink has to be opened again.
type lostError struct{ error }

func (e lostError) Unwrap() error { return e.error }

// Lost marks err as one after which the sink has to be opened again.
func Lost(err error) error { return lostError{err} }

// IsLost reports whether err is marked by Lost.
func IsLost(err error) bool {
	_, ok := errors.AsType[lostError](err)
	return ok
}

// maxScratch is the size of the largest buffer that a sink keeps for the next event.
const maxScratch = 1 << 20

// Scratch returns an empty buffer for the next event. It discards buf if a huge event has made it
// too large to keep.
func Scratch(buf []byte) []byte {
	if cap(buf) > maxScratch {
		return nil
	}
	return buf[:0]
}

// Priority returns the syslog priority of a level, treating levels as ranges.
func Priority(l slog.Level) int {
	switch {
	case l >= slog.LevelError:
		return 3
	case l >= slog.LevelWarn:
		return 4
	case l >= slog.LevelInfo:
		return 6
	}
	return 7
}

// TimeKey is the attribute with the time of an event that was written late.
const TimeKey = "event_time"

// IDKey is the attribute with an ID that the log can't represent.
const IDKey = "event_id"

// AppendLateTime appends the time of a late event.
func AppendLateTime(dst []byte, e *Entry) []byte {
	return e.Time.UTC().AppendFormat(dst, time.RFC3339Nano)
}
