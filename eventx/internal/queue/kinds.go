package queue

import "log/slog"

// IDs of the events written here. They are exported as constants of package eventx.
const (
	DefaultID    uint16 = 1 // for events without an ID
	idSuppressed uint16 = 108
	idDropped    uint16 = 109
)

// EventID and CategoryID are the types of the two attributes that are not text.
type (
	EventID    uint16
	CategoryID uint16
)

// Severity is the order in which events are dropped when there are too many.
type Severity uint8

const (
	SevInfo Severity = iota
	SevWarn
	SevError
	severities
)

// SeverityOf treats levels as ranges: Warn+2 is a warning.
func SeverityOf(l slog.Level) Severity {
	switch {
	case l >= slog.LevelError:
		return SevError
	case l >= slog.LevelWarn:
		return SevWarn
	}
	return SevInfo
}

// ID returns the attribute that gives an event its ID.
func ID(id uint16) slog.Attr { return slog.Attr{Key: "event_id", Value: slog.AnyValue(EventID(id))} }

// Category returns the attribute that gives an event its category.
func Category(c uint16) slog.Attr {
	return slog.Attr{Key: "event_category", Value: slog.AnyValue(CategoryID(c))}
}
