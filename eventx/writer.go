package eventx

import (
	"cmp"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/surefoot-go/surefoot/internal/eventsink"
)

// A sink is an open log of the system. One goroutine uses it.
type sink interface {
	// write writes e and says whether its text had to be cut. A lostError means
	// that the sink is of no more use.
	write(e *entry) (cut bool, err error)
	close() error
}

// openSink opens the system's log for source. It is swapped in tests.
var openSink = func(source string) (sink, error) {
	if eventsink.Report != nil {
		return &eventLog{report: eventsink.Report}, nil
	}
	return openSystemSink(source)
}

// A log that is full or gone is opened again after this long, and after twice
// as long each time, up to the maximum.
const (
	firstBackoff = time.Second
	maxBackoff   = time.Minute
)

// writer is the one goroutine that writes what the queue holds.
type writer struct {
	source   string
	queue    *queue
	fallback io.Writer
	done     chan struct{} // closed when it has ended

	sink    sink
	backoff time.Duration // before sink is opened again
	retryAt time.Time
	line    []byte // scratch

	written, truncated, errors atomic.Uint64
}

func (w *writer) run() {
	defer close(w.done)
	for {
		e, reportDue, ended := w.queue.pop()
		switch {
		case ended:
			w.report()
			if w.sink != nil {
				w.sink.close()
			}
			return
		case e == nil:
			w.sleep()
		case e.barrier != nil:
			w.report()
			close(e.barrier)
			e.free()
		default:
			w.deliver(e)
			e.free()
			if reportDue {
				w.report()
			}
		}
	}
}

// sleep waits for something to do. It reports losses in time even when nothing
// follows them.
func (w *writer) sleep() {
	wait, ok := w.queue.reportIn()
	if !ok {
		<-w.queue.wake
		return
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-w.queue.wake:
	case <-timer.C:
		w.report()
	}
}

// deliver writes e to the log or, while there is none, to the fallback.
func (w *writer) deliver(e *entry) {
	err := w.open()
	if err == nil && w.sink != nil {
		var cut bool
		cut, err = w.sink.write(e)
		if err == nil {
			w.backoff = 0
			w.written.Add(1)
			if cut {
				w.truncated.Add(1)
			}
			return
		}
		w.fail(err)
	}
	w.line = appendLine(w.line[:0], w.source, e)
	if _, err := w.fallback.Write(w.line); err != nil {
		w.errors.Add(1)
		w.queue.addDropped()
		return
	}
	w.written.Add(1)
}

// open opens the log if that is due.
func (w *writer) open() error {
	if w.sink != nil || time.Now().Before(w.retryAt) {
		return nil
	}
	s, err := openSink(w.source)
	if err != nil {
		w.fail(lost(err))
		return err
	}
	w.sink = s
	return nil
}

// fail counts err, says once per outage what happened, and lets go of a lost
// sink.
func (w *writer) fail(err error) {
	w.errors.Add(1)
	if !isLost(err) {
		return
	}
	if w.sink != nil {
		w.sink.close()
		w.sink = nil
	}
	if w.backoff == 0 {
		e := newEntry()
		e.time, e.level = time.Now(), slog.LevelWarn
		e.buf = append(e.buf, "eventx: the log can't be written, events follow here"...)
		e.appendAttr(nil, nil, slog.String("err", err.Error()))
		w.line = appendLine(w.line[:0], w.source, e)
		_, _ = w.fallback.Write(w.line) // if it fails, the event's own does, too
		e.free()
	}
	w.backoff = min(max(2*w.backoff, firstBackoff), maxBackoff)
	w.retryAt = time.Now().Add(w.backoff)
}

// report writes one event about each kind of loss since the last report.
func (w *writer) report() {
	lost := w.queue.takeLosses()
	if lost.since.IsZero() {
		return
	}
	since := slog.Time("since", lost.since.Round(0))
	if n := lost.dropped; n != [severities]uint64{} {
		w.send(slog.LevelError, IDDropped, fmt.Sprintf("%d events were lost: the log did not keep up", n[sevInfo]+n[sevWarn]+n[sevError]),
			slog.Uint64("errors", n[sevError]), slog.Uint64("warnings", n[sevWarn]), slog.Uint64("informations", n[sevInfo]), since)
	}
	if len(lost.suppressed) > 0 {
		ids := slices.SortedFunc(maps.Keys(lost.suppressed), func(a, b uint16) int {
			return cmp.Or(cmp.Compare(lost.suppressed[b], lost.suppressed[a]), cmp.Compare(a, b))
		})
		var total uint64
		var each strings.Builder
		for i, id := range ids {
			total += lost.suppressed[id]
			if i < 20 {
				fmt.Fprintf(&each, " %d:%d", id, lost.suppressed[id])
			}
		}
		w.send(slog.LevelWarn, IDSuppressed, fmt.Sprintf("%d events were not written: more than the rate allows for their IDs", total),
			slog.String("counts", each.String()[1:]), since)
	}
}

func (w *writer) send(level slog.Level, id uint16, message string, attrs ...slog.Attr) {
	e := newEntry()
	e.time, e.level = time.Now(), level
	e.id, e.hasID = id, true
	e.buf = append(e.buf, message...)
	for _, a := range attrs {
		e.appendAttr(nil, nil, a)
	}
	w.queue.addSent()
	w.deliver(e)
	e.free()
}
