package eventx

import (
	"io"
	"log/slog"

	"github.com/surefoot-go/surefoot/eventx/internal/queue"
)

// Rate limits how many events of one ID are written. The zero Rate is 100 per second with a burst
// of 200; a negative PerSecond means no limit.
type Rate struct {
	PerSecond float64 // how many in the long run
	Burst     int     // how many at once; 0: two seconds' worth, at least 1
}

// HandlerOptions are the options of [NewHandler]. The zero value is fit for a service.
type HandlerOptions struct {
	// Level is the lowest level that is written; nil: slog.LevelWarn. A log of the system is read
	// by operators: what is routine belongs elsewhere. State changes of a [Health] are written
	// whatever the level. A service that systemd restarts to be debugged (RestartMode=debug, which
	// sets DEBUG_INVOCATION) writes from slog.LevelDebug up, whatever Level says.
	Level slog.Leveler

	// AddSource adds the file and line of the call.
	AddSource bool

	// ReplaceAttr is called for the message, the source and every attribute that is not a group, as
	// slog.HandlerOptions describes. It is not called for time and level, which the log keeps
	// itself, nor for ID and Category. A message can be replaced but not removed: it is then empty.
	ReplaceAttr func(groups []string, a slog.Attr) slog.Attr

	// Queue is how many events may wait for the log; 0: 1,024.
	Queue int

	// QueueBytes is how much memory the waiting events may take; 0: 8 MiB. An event that is larger
	// than that is taken only while no other waits. For the Windows Event Log, an event is cut to
	// what the log can hold before it waits.
	QueueBytes int

	// Rate limits the events of each ID.
	Rate Rate

	// Sync is the lowest level whose events are in the log, or in the fallback, when Handle
	// returns: they survive an os.Exit or a crash that follows at once. nil: no event; usually it
	// is slog.LevelError. Handle then waits for the log, at most 2 seconds; if the log has not
	// taken the event by then, Handle writes it to the fallback, which may take 2 seconds more, and
	// does not wait for the log again until that has taken an event. Events over the Rate, or that
	// find the queue full, go to the fallback at once.
	Sync slog.Leveler

	// Fallback takes the events while the system's log can't be written, a line each in the form of
	// slog.TextHandler, and says why they come there; nil: os.Stderr. One goroutine at a time
	// writes to it. Except for Sync that is never the one that logs.
	Fallback io.Writer

	// Report, if it is set, takes the events in place of the system's log, on any system, in the
	// form that the Windows Event Log gets. It is for tests and benchmarks.
	Report ReportFunc

	open func(source string) (queue.Sink, error) // for this package's tests
}

// ReportFunc has the shape of the Windows function ReportEventW: the type, category and ID of an
// event, and its insertion strings, which end in a NUL and are valid during the call.
type ReportFunc func(kind, category uint16, id uint32, inserts []*uint16) error
