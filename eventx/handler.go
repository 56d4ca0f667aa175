package eventx

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"time"

	"github.com/surefoot-go/surefoot/eventx/internal/eventlog"
	"github.com/surefoot-go/surefoot/eventx/internal/queue"
)

// ErrClosed is returned by a [Handler] for events after Close. They are counted as dropped.
var ErrClosed error = queue.ErrClosed

// closeWait limits Close.
const closeWait = 5 * time.Second

// A Handler is a [slog.Handler] that writes to the system's log. The handlers returned by WithAttrs
// and WithGroup share its queue and counts. All methods are safe for concurrent use.
type Handler struct {
	w       *queue.Writer
	level   slog.Leveler
	sync    slog.Leveler // nil: none
	source  bool
	replace queue.ReplaceFunc
	limit   int // the maximum size of an event's text in bytes

	with   queue.Text // what WithAttrs prepared; with.prefix: the open groups
	groups []string   // the same groups
}

// Stats holds counts since NewHandler. After a Flush that returned nil, Written + Dropped +
// Suppressed = Sent.
type Stats struct {
	Sent       uint64 // enabled events passed to Handle, and the package's own reports
	Written    uint64 // written to the system's log, or to the fallback instead
	Dropped    uint64 // lost: the queue was full, the handler closed, or the fallback failed too
	Suppressed uint64 // not written because of the rate limit
	Truncated  uint64 // written events that were cut to the log's limit
	Errors     uint64 // failures to open or write the log or the fallback
}

// NewHandler returns a handler that writes events of the named source. On Windows the source should
// have been registered by [Install]; events are readable even without that, see [Status].
// NewHandler fails only for an invalid name, with an error that wraps [ErrSourceName]. If the log
// can't be opened, the handler tries again later, and events go to the fallback until then.
//
// The handler owns a goroutine until it is closed. If the process ends without Close or Flush,
// queued events are lost, except for those covered by [HandlerOptions.Sync].
//
// slog.SetDefault with this handler would log the lines of package log, including those of
// log.Fatal, at slog.LevelInfo, which is below the default level, so that they are lost. Use
// [SetDefault] instead.
func NewHandler(source string, o *HandlerOptions) (*Handler, error) {
	if err := checkSourceName(source); err != nil {
		return nil, err
	}
	if o == nil {
		o = &HandlerOptions{}
	}
	h := &Handler{level: o.Level, sync: o.Sync, source: o.AddSource, replace: o.ReplaceAttr, limit: maxEvent}
	if h.level == nil {
		h.level = slog.LevelWarn
	}
	if os.Getenv("DEBUG_INVOCATION") == "1" { // systemd.exec(5)
		h.level = slog.LevelDebug
	}
	open := openSystemSink
	if o.Report != nil {
		h.limit = eventlog.MaxText
		open = func(string) (queue.Sink, error) {
			return &eventlog.Log{Report: eventlog.ReportFunc(o.Report)}, nil
		}
	}
	if o.open != nil {
		open = o.open
	}
	fallback := o.Fallback
	if fallback == nil {
		fallback = os.Stderr
	}
	h.w = queue.StartWriter(source, open, fallback, queue.New(orDefault(o.Queue, 1024), orDefault(o.QueueBytes, 8<<20), queue.Rate(o.Rate)))
	return h, nil
}

func orDefault(n, or int) int {
	if n <= 0 {
		return or
	}
	return n
}

// Enabled reports whether events of the level are written.
func (h *Handler) Enabled(_ context.Context, level slog.Level) bool {
	return level >= h.level.Level() || stateChanges.Load() > 0
}

// Handle passes r to the writer. It copies everything that it needs, and waits for the log only for
// events covered by [HandlerOptions.Sync]. Its only error is [ErrClosed]: other failures are
// counted in [Handler.Stats] and reported in the log.
func (h *Handler) Handle(_ context.Context, r slog.Record) error {
	if h.unwanted(&r) {
		return nil
	}
	e := h.entryOf(&r)
	return h.hand(e, h.sync != nil && r.Level >= h.sync.Level())
}

func (h *Handler) entryOf(r *slog.Record) *queue.Entry {
	e := queue.NewEntry()
	e.Time, e.Level = r.Time, r.Level
	h.format(e, r)
	e.Limit(h.limit)
	return e
}

// hand passes e to the writer, and waits until it is written if wait is set.
func (h *Handler) hand(e *queue.Entry, wait bool) error {
	if wait {
		e.Waiter = &queue.Waiter{Settled: make(chan struct{})}
	}
	f := h.w.Queue.Push(e)
	if wait {
		h.w.Await(e, f)
	}
	if f == queue.Closed {
		return ErrClosed
	}
	return nil
}

func (h *Handler) format(e *queue.Entry, r *slog.Record) {
	message := r.Message
	if h.replace != nil {
		if a := h.replace(nil, slog.String(slog.MessageKey, message)); a.Equal(slog.Attr{}) {
			message = ""
		} else {
			message = a.Value.Resolve().String()
		}
	}
	e.Buf = append(e.Buf, message...)
	e.AppendText(&h.with)
	if h.source {
		h.appendSource(e, r)
	}
	e.Prefix = append(e.Prefix, h.with.Prefix...)
	r.Attrs(func(a slog.Attr) bool {
		e.AppendAttr(h.replace, h.groups, a)
		return true
	})
}

func (h *Handler) appendSource(e *queue.Entry, r *slog.Record) {
	e.Source = r.Source()
	if e.Source == nil || h.replace == nil {
		return
	}
	a := h.replace(nil, slog.Any(slog.SourceKey, e.Source))
	if s, ok := a.Value.Any().(*slog.Source); ok && a.Key == slog.SourceKey {
		if s != nil && *s == (slog.Source{}) {
			s = nil
		}
		e.Source = s
		return
	}
	e.Source = nil
	e.AppendAttr(nil, nil, a)
}

// WithAttrs returns a handler that adds attrs to every event. It formats them immediately, once.
func (h *Handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	c := h.clone()
	for _, a := range attrs {
		c.with.AppendAttr(c.replace, c.groups, a)
	}
	return c
}

// WithGroup returns a handler that puts "name." before the keys of all attributes that follow.
func (h *Handler) WithGroup(name string) slog.Handler {
	if name == "" {
		return h
	}
	c := h.clone()
	c.groups = append(c.groups, name)
	c.with.OpenGroup(name)
	return c
}

func (h *Handler) clone() *Handler {
	c := *h
	c.groups = slices.Clip(slices.Clone(h.groups))
	c.with.Buf = slices.Clone(h.with.Buf)
	c.with.Fields = slices.Clone(h.with.Fields)
	c.with.Prefix = slices.Clone(h.with.Prefix)
	return &c
}

// Flush waits until all events passed to Handle before are in the log or accounted for in
// [Handler.Stats]. It returns the context's error if ctx ends first, and [ErrClosed] if Close has
// given up on a log that hangs.
func (h *Handler) Flush(ctx context.Context) error {
	select {
	case err := <-h.w.Queue.Flush():
		if err == nil || h.w.Ended() {
			return nil
		}
		return fmt.Errorf("eventx: flush: the log hangs: %w", err)
	case <-ctx.Done():
		return fmt.Errorf("eventx: flush: %w", context.Cause(ctx))
	}
}

// Close is [Handler.Shutdown] with a timeout of five seconds.
func (h *Handler) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), closeWait)
	defer cancel()
	return h.Shutdown(ctx)
}

// Shutdown writes the queued events, closes the log and ends the handler's goroutine. It waits for
// that until ctx ends. If the log still hangs then, Shutdown drops the queued events and returns an
// error with their number; the goroutine ends when the log responds. Shutdown and Close may be
// called again, and then wait again.
func (h *Handler) Shutdown(ctx context.Context) error {
	h.w.Queue.Close()
	select {
	case <-h.w.Done:
	case <-ctx.Done():
	}
	lost := h.w.Queue.Abandon() // also releases later barriers
	if h.w.Ended() {
		return nil
	}
	return fmt.Errorf("eventx: shutdown: %w: the log hangs, %d events lost", context.Cause(ctx), lost)
}

// Stats returns the counts so far.
func (h *Handler) Stats() Stats { return Stats(h.w.Counts()) }
