package eventx

import (
	"io"
	"log/slog"

	"github.com/surefoot-go/surefoot/eventx/internal/queue"
)

// Rate limits the number of events written per ID. The zero Rate is 100 per second with a burst of
// 200; a negative PerSecond means no limit.
type Rate struct {
	PerSecond float64 // long-term rate
	Burst     int     // events at once; 0: two seconds' worth, at least 1
}

// HandlerOptions are the options of [NewHandler]. The zero value is suitable for a service.
type HandlerOptions struct {
	// Level is the lowest level that is written; nil means slog.LevelWarn. The system's log is read
	// by operators, so routine events belong elsewhere. State changes of a [Health] are written at
	// any level. If systemd restarts a service for debugging (RestartMode=debug, which sets
	// DEBUG_INVOCATION), all events from slog.LevelDebug are written, whatever Level is.
	Level slog.Leveler

	// AddSource adds the file and line of the logging call.
	AddSource bool

	// ReplaceAttr is called for the message, the source and every attribute that is not a group, as
	// described in slog.HandlerOptions. It is not called for the time and level, which the log
	// records itself, nor for ID and Category. A removed message becomes empty.
	ReplaceAttr func(groups []string, a slog.Attr) slog.Attr

	// Queue is the maximum number of events waiting for the log; 0 means 1,024.
	Queue int

	// QueueBytes is the maximum memory for waiting events; 0 means 8 MiB. A larger event is
	// accepted only if no other event is waiting. Events for the Windows Event Log are cut to the
	// log's limit before they are queued.
	QueueBytes int

	// Rate limits the events per ID.
	Rate Rate

	// Sync is the lowest level whose events are in the log, or in the fallback, when Handle
	// returns, so that they survive an immediate os.Exit or crash. nil means none; slog.LevelError
	// is a good choice. For such an event Handle waits for the log for up to 2 seconds. If the log
	// has not accepted the event by then, Handle writes it to the fallback, which may take another
	// 2 seconds, and does not wait for the log again until the log has accepted an event. Events
	// that exceed the Rate or find the queue full go to the fallback at once.
	Sync slog.Leveler

	// Fallback receives the events while the system's log can't be written, one line each in the
	// format of slog.TextHandler, and the reason; nil means os.Stderr. Only one goroutine at a time
	// writes to it, which is never the logging goroutine, except for Sync.
	Fallback io.Writer

	// Report, if set, receives the events instead of the system's log, on any system, in the form
	// of the Windows Event Log. It is for tests and benchmarks.
	Report ReportFunc

	open func(source string) (queue.Sink, error) // for this package's tests
}

// ReportFunc corresponds to the Windows function ReportEventW. It receives the type, category and
// ID of an event, and its insertion strings, which are NUL-terminated and valid only during the
// call.
type ReportFunc func(kind, category uint16, id uint32, inserts []*uint16) error
