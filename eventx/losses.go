package eventx

import (
	"cmp"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"
)

// reportEvery is how long losses are gathered before one event reports them.
const reportEvery = 10 * time.Second

// reportOverdue is when a report that has not been written by then is too late.
const reportOverdue = 2 * reportEvery

// losses are events that were not written and not yet reported.
type losses struct {
	dropped    [severities]uint64
	suppressed map[uint16]uint64
	any        bool
	since      time.Duration // when the first was lost, by queue.now
	overdue    *time.Timer
}

func (q *queue) drop(e *entry) {
	q.stats.Dropped++
	q.lost.dropped[severityOf(e.level)]++
	q.lose(e)
}

func (q *queue) suppress(e *entry) {
	q.stats.Suppressed++
	if q.lost.suppressed == nil {
		q.lost.suppressed = make(map[uint16]uint64)
	}
	q.lost.suppressed[e.eventID()]++
	q.lose(e)
}

// lose notes when the first event was lost, for the report's sake.
func (q *queue) lose(e *entry) {
	if !q.lost.any {
		q.lost.any, q.lost.since = true, q.now()
		if !q.closed {
			q.lost.overdue = time.AfterFunc(reportOverdue, q.onOverdue)
		}
		q.wakeWriter() // to set its clock
	}
	e.free()
}

// reportIn says how long the next report of losses can wait; ok is false
// without losses.
func (q *queue) reportIn() (wait time.Duration, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.lost.since + reportEvery - q.now(), q.lost.any
}

// takeLosses hands over what there is to report.
func (q *queue) takeLosses() losses {
	q.mu.Lock()
	defer q.mu.Unlock()
	taken := q.lost
	if taken.overdue != nil {
		taken.overdue.Stop()
	}
	q.lost = losses{}
	return taken
}

// addSent counts an event that the writer sends itself.
func (q *queue) addSent() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.stats.Sent++
}

// addDropped counts an event that not even the fallback took.
func (q *queue) addDropped() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.stats.Dropped++
}

// report writes one event about each kind of loss since the last report.
func (w *writer) report() {
	lost := w.queue.takeLosses()
	if !lost.any {
		return
	}
	since := slog.Time("since", w.queue.start.Add(lost.since).Round(0))
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
	e := note(level, message, attrs...)
	e.id, e.hasID = id, true
	w.queue.addSent()
	w.deliver(e)
	e.free()
}

// overdue tells the fallback about losses that the writer does not report,
// because the log hangs.
func (w *writer) overdue() {
	if !w.fallbackMu.TryLock() {
		return // it is the fallback that hangs
	}
	defer w.fallbackMu.Unlock()
	e := note(slog.LevelError, "eventx: the log hangs, events are being lost")
	_ = w.writeLine(e) // there is no other place to say it
	e.free()
}
