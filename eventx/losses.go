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

// losses are events that were not written and not yet reported.
type losses struct {
	dropped    [severities]uint64
	suppressed map[uint16]uint64
	any        bool
	since      time.Duration // when the first was lost, by queue.now
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
