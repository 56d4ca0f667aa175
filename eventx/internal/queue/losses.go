package queue

import (
	"cmp"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"
)

// ReportEvery is the interval between reports of losses.
const ReportEvery = 10 * time.Second

// ReportOverdue is the time after which a report of losses is overdue.
const ReportOverdue = 2 * ReportEvery

// losses are events that were not written and not yet reported.
type losses struct {
	dropped    [severities]uint64
	suppressed map[uint16]uint64
	any        bool
	since      time.Duration // when the first was lost, by queue.now
	due        time.Duration // when to report them
	overdue    *time.Timer
}

func (q *Queue) drop(e *Entry) {
	q.stats.Dropped++
	q.lost.dropped[SeverityOf(e.Level)]++
	q.lose()
	e.settle(true)
	e.Free()
}

// lostByWriter counts an event that could not be written even to the fallback.
func (q *Queue) lostByWriter(e *Entry) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.stats.Dropped++
	q.lost.dropped[SeverityOf(e.Level)]++
	q.lose()
}

func (q *Queue) suppress(e *Entry) {
	q.stats.Suppressed++
	if q.lost.suppressed == nil {
		q.lost.suppressed = make(map[uint16]uint64)
	}
	q.lost.suppressed[e.EventID()]++
	q.lose()
	e.Free()
}

// lose records when the first event was lost, for the report.
func (q *Queue) lose() {
	if !q.lost.any {
		q.lost.any, q.lost.since = true, q.now()
		q.lost.due = q.lost.since + ReportEvery
		if !q.closed {
			q.lost.overdue = time.AfterFunc(ReportOverdue, q.onOverdue)
		}
		q.wakeWriter() // to set its clock
	}
}

// reportIn returns the time until the next report of losses; ok is false without losses.
func (q *Queue) reportIn() (wait time.Duration, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.lost.due - q.now(), q.lost.any
}

// takeLosses returns and resets the losses.
func (q *Queue) takeLosses() losses {
	q.mu.Lock()
	defer q.mu.Unlock()
	taken := q.lost
	if taken.overdue != nil {
		taken.overdue.Stop()
	}
	q.lost = losses{}
	return taken
}

// giveBack returns losses whose report could not be written, to be reported later.
func (q *Queue) giveBack(l losses) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for sev, n := range l.dropped {
		q.lost.dropped[sev] += n
	}
	for id, n := range l.suppressed {
		if q.lost.suppressed == nil {
			q.lost.suppressed = make(map[uint16]uint64)
		}
		q.lost.suppressed[id] += n
	}
	q.lost.any, q.lost.since, q.lost.due = true, l.since, q.now()+ReportEvery
}

// addSent counts an event that the writer itself has sent.
func (q *Queue) addSent() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.stats.Sent++
}

// report writes one event for each kind of loss since the last report. If neither log nor fallback
// works, it reports the losses later.
func (w *Writer) report() {
	lost := w.Queue.takeLosses()
	if !lost.any {
		return
	}
	since := slog.Time("since", w.Queue.start.Add(lost.since).Round(0))
	if lost.dropped != [severities]uint64{} && w.reportDropped(lost.dropped, since) {
		lost.dropped = [severities]uint64{}
	}
	if len(lost.suppressed) > 0 && w.reportSuppressed(lost.suppressed, since) {
		lost.suppressed = nil
	}
	if lost.dropped != [severities]uint64{} || len(lost.suppressed) > 0 {
		w.Queue.giveBack(lost)
	}
}

func (w *Writer) reportDropped(n [severities]uint64, since slog.Attr) (written bool) {
	return w.send(slog.LevelError, idDropped, fmt.Sprintf("%d events were lost: the log did not keep up or could not be written", n[SevInfo]+n[SevWarn]+n[SevError]),
		slog.Uint64("errors", n[SevError]), slog.Uint64("warnings", n[SevWarn]), slog.Uint64("informations", n[SevInfo]), since)
}

func (w *Writer) reportSuppressed(n map[uint16]uint64, since slog.Attr) (written bool) {
	ids := slices.SortedFunc(maps.Keys(n), func(a, b uint16) int {
		return cmp.Or(cmp.Compare(n[b], n[a]), cmp.Compare(a, b))
	})
	var total uint64
	var each strings.Builder
	for i, id := range ids {
		total += n[id]
		if i < 20 {
			fmt.Fprintf(&each, " %d:%d", id, n[id])
		}
	}
	return w.send(slog.LevelWarn, idSuppressed, fmt.Sprintf("%d events were not written: more than the rate allows for their IDs", total),
		slog.String("counts", each.String()[1:]), since)
}

// send delivers an event of this package itself. It is counted only if written; otherwise it is
// tried again.
func (w *Writer) send(level slog.Level, id uint16, message string, attrs ...slog.Attr) (written bool) {
	e := Note(level, message, attrs...)
	defer e.Free()
	e.ID, e.HasID = id, true
	if !w.deliver(e) {
		return false
	}
	w.Queue.addSent()
	return true
}

// overdue reports losses to the fallback that the writer can't report because the log hangs.
func (w *Writer) overdue() {
	select {
	case w.fallbackLock <- struct{}{}:
	default:
		return // the fallback hangs
	}
	defer func() { <-w.fallbackLock }()
	e := Note(slog.LevelError, "eventx: the log hangs, events are being lost")
	_ = w.writeLine(e) // there is no other way to report it
	e.Free()
}
