package eventx

import (
	"fmt"
	"log/slog"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/surefoot-go/surefoot/eventx/internal/eventlog"
	"github.com/surefoot-go/surefoot/eventx/internal/queue"
)

// Event IDs of the events that this package itself writes. They never change, so that operators can
// filter by them. Use IDs from 1000 on for your own events.
//
//	ID   name           level    when
//	100  IDStarting     info     a service begins to start
//	101  IDHealthy      info     it serves as it should
//	102  IDDegraded     warning  it serves, but not everything or not well
//	103  IDUnhealthy    error    it does not serve
//	104  IDStopping     info     it was told to stop
//	105  IDStopped      info     it has stopped
//	106  IDCrashed      error    it, or its previous run, ended by itself
//	107  IDFlapping     warning  its health changes too often: changes are folded
//	108  IDSuppressed   warning  events over the rate were not written: how many
//	109  IDDropped      error    events were lost because the log was too slow or gone: how many
const (
	IDStarting uint16 = 100 + iota
	IDHealthy
	IDDegraded
	IDUnhealthy
	IDStopping
	IDStopped
	IDCrashed
	IDFlapping
	IDSuppressed
	IDDropped
)

// DefaultID is the ID of events without an ID attribute.
const DefaultID uint16 = 1

// ErrSourceName is returned for a name that is not valid for an event source.
var ErrSourceName error = eventlog.ErrSourceName

// ID returns the attribute that sets the ID of an event in the log: 0–65535. The [Handler] removes
// it from the text, wherever it occurs (in the call, in With or in a group); if there are several,
// the last one is used. Other handlers show it as event_id=N. A constant ID does not allocate.
func ID(id uint16) slog.Attr {
	return slog.Attr{Key: "event_id", Value: slog.AnyValue(queue.EventID(id))}
}

// Category returns the attribute that sets the category of an event: the number, starting at 1, of
// one of its [Source]'s Categories. Like an ID, it is removed from the text.
func Category(c uint16) slog.Attr { return queue.Category(c) }

// maxSourceName is the maximum length of a source's name in UTF-16 units: a registry key's name is
// limited to 255, and the log's path takes some of it (Microsoft, "EventLog.CreateEventSource":
// 212).
const maxSourceName = 212

// logNames holds the names of logs that exist on every Windows. Windows takes a source with such a
// name for the log.
var logNames = []string{"Application", "System", "Security", "Setup", "ForwardedEvents"}

// checkSourceName applies the rules of all systems on every system, so that a valid name works
// everywhere.
func checkSourceName(name string) error {
	bad := func(why string) error { return fmt.Errorf("%w: %q %s", ErrSourceName, name, why) }
	switch {
	case name == "":
		return fmt.Errorf("%w: it is empty", ErrSourceName)
	case !utf8.ValidString(name):
		return bad("is not valid UTF-8")
	case strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == 0x7F }):
		return bad("contains a control character")
	case strings.ContainsRune(name, '\\'):
		return bad(`contains a backslash, which separates registry keys`)
	case strings.TrimSpace(name) != name:
		return bad("begins or ends with a space")
	case strings.HasSuffix(name, "."):
		return bad("ends in a dot")
	case len(utf16.Encode([]rune(name))) > maxSourceName:
		return bad(fmt.Sprintf("is longer than %d UTF-16 units", maxSourceName))
	}
	for _, log := range logNames {
		if strings.EqualFold(name, log) {
			return bad("is the name of a log")
		}
	}
	return nil
}
