package queue

import (
	"io"
	"log/slog"
	"sync/atomic"
	"time"
)

// A Sink is an open log of the system. One goroutine uses it.
type Sink interface {
	// Write writes e and reports whether its text was cut. A lostError means that the sink is no
	// longer usable.
	Write(e *Entry) (cut bool, err error)
	Close() error
}

// A full or missing log is reopened after the first of these delays, which doubles each time, up to
// the second.
const (
	firstBackoff = time.Second
	MaxBackoff   = time.Minute
)

// MaxRefusals is the number of consecutive events that a log may reject before it is reopened. Even
// an unknown error number may mean that the handle is invalid.
const MaxRefusals = 3

// Writer is the single goroutine that writes the queued events.
type Writer struct {
	source   string
	openSink func(source string) (Sink, error)
	Queue    *Queue
	fallback io.Writer
	Done     chan struct{} // closed when it has ended

	sink     Sink
	refusals int           // since the last accepted event
	backoff  time.Duration // delay before sink is reopened
	outage   string        // the reported reason
	retryAt  time.Time

	fallbackLock chan struct{} // a mutex for the fallback, line and half
	line         []byte        // scratch
	half         bool          // the last line is incomplete: the disk was full

	clock lateClock

	stuck atomic.Bool // a HandlerOptions.Sync event was not written in time, and no event has been written since

	written, truncated, errors atomic.Uint64
}

// StartWriter starts the writer of a queue. It ends when the queue is closed and empty.
func StartWriter(source string, open func(string) (Sink, error), fallback io.Writer, q *Queue) *Writer {
	w := &Writer{source: source, openSink: open, Queue: q, fallback: fallback, Done: make(chan struct{}), fallbackLock: make(chan struct{}, 1)}
	q.onOverdue = w.overdue
	go w.run()
	return w
}

// Counts returns the counts so far.
func (w *Writer) Counts() Stats {
	s := w.Queue.counts()
	s.Written, s.Truncated, s.Errors = w.written.Load(), w.truncated.Load(), w.errors.Load()
	return s
}

func (w *Writer) run() {
	defer close(w.Done)
	w.clock.read()
	defer w.clock.timer.Stop()
	for {
		e, reportDue, ended := w.Queue.Pop()
		switch {
		case ended:
			w.report()
			if w.sink != nil {
				w.sink.Close()
			}
			return
		case e == nil:
			w.sleep()
			w.clock.read()
		case e.barrier != nil:
			w.report()
			close(e.barrier)
			e.Free()
		default:
			if !w.deliver(e) {
				w.Queue.lostByWriter(e)
			}
			if w.stuck.Load() { // a load is cheaper than a store
				w.stuck.Store(false)
			}
			e.settle(false)
			e.Free()
			if reportDue {
				w.report()
			}
		}
	}
}

// Ended reports whether the goroutine has ended, so that all events are written or accounted for.
func (w *Writer) Ended() bool {
	select {
	case <-w.Done:
		return true
	default:
		return false
	}
}

// sleep waits for something to do. It reports losses in time even if no further events follow.
func (w *Writer) sleep() {
	wait, ok := w.Queue.reportIn()
	if !ok {
		<-w.Queue.wake
		return
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-w.Queue.wake:
	case <-timer.C:
		w.report()
	}
}

// deliver writes e to the log or, if that fails, to the fallback. It reports whether either
// succeeded.
func (w *Writer) deliver(e *Entry) bool {
	if w.open() {
		e.Late = w.clock.late(e.Time)
		cut, err := w.sink.Write(e)
		if err == nil {
			w.backoff, w.refusals = 0, 0
			w.written.Add(1)
			if cut {
				w.truncated.Add(1)
			}
			return true
		}
		w.fail(err)
	}
	if err := w.toFallback(e); err != nil {
		w.errors.Add(1)
		return false
	}
	w.written.Add(1)
	return true
}

func (w *Writer) toFallback(e *Entry) error {
	w.fallbackLock <- struct{}{}
	defer func() { <-w.fallbackLock }()
	return w.writeLine(e)
}

func (w *Writer) writeLine(e *Entry) error {
	w.line = Scratch(w.line)
	if w.half {
		w.line = append(w.line, '\n')
	}
	start := len(w.line)
	w.line = AppendLine(w.line, w.source, e)
	n, err := w.fallback.Write(w.line)
	if n > 0 {
		w.half = err != nil && n != start
	}
	return err
}

// open reports whether the log is open. It tries to open it if that is due.
func (w *Writer) open() bool {
	if w.sink != nil {
		return true
	}
	if time.Now().Before(w.retryAt) {
		return false
	}
	s, err := w.openSink(w.source)
	if err != nil {
		w.fail(Lost(err))
		return false
	}
	w.sink, w.refusals = s, 0
	return true
}

// fail counts err and closes a lost sink. It writes the reason to the fallback: once per cause for
// an outage, and every time for a rejected event.
func (w *Writer) fail(err error) {
	w.errors.Add(1)
	if !IsLost(err) {
		w.explain("eventx: the log refused an event, which follows here", err)
		if w.refusals++; w.refusals >= MaxRefusals {
			w.sink.Close()
			w.sink = nil // the next event reopens it
		}
		return
	}
	if w.sink != nil {
		w.sink.Close()
		w.sink = nil
	}
	if why := err.Error(); w.backoff == 0 || why != w.outage {
		w.outage = why
		w.explain("eventx: the log can't be written, events follow here", err)
	}
	w.backoff = min(max(2*w.backoff, firstBackoff), MaxBackoff)
	w.retryAt = time.Now().Add(w.backoff)
}

func (w *Writer) explain(message string, err error) {
	e := Note(slog.LevelWarn, message, slog.String("err", err.Error()))
	_ = w.toFallback(e) // if this fails, so does the event's own line, which is counted
	e.Free()
}

// Note returns an event of this package itself.
func Note(level slog.Level, message string, attrs ...slog.Attr) *Entry {
	e := NewEntry()
	e.Time, e.Level = time.Now(), level
	e.Buf = append(e.Buf, message...)
	for _, a := range attrs {
		e.AppendAttr(nil, nil, a)
	}
	return e
}
