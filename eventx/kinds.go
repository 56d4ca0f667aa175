package eventx

import "log/slog"

// IDs that are written here. They are public as constants of package eventx.
const (
	defaultID    uint16 = 1 // of an event that has none of its own
	idSuppressed uint16 = 108
	idDropped    uint16 = 109
)

// eventID and categoryID mark the two attributes that are not text.
type (
	eventID    uint16
	categoryID uint16
)

// severity is the order in which events are given up when there are too many.
type severity uint8

const (
	sevInfo severity = iota
	sevWarn
	sevError
	severities
)

// severityOf takes levels as ranges: Warn+2 is a warning.
func severityOf(l slog.Level) severity {
	switch {
	case l >= slog.LevelError:
		return sevError
	case l >= slog.LevelWarn:
		return sevWarn
	}
	return sevInfo
}
