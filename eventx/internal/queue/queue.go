// Package queue passes events from logging code to a log, one by one, without making the callers
// wait. An Entry is an event, a Queue limits the waiting events, and a Writer writes them to a Sink
// or to the fallback, and counts and reports lost events.
package queue

import (
	"sync"
	"time"
)

// barriers is the index of the list of barriers for Flush, which need no room.
const barriers = severities

// Queue holds events between the callers and the single writer: first in, first out, limited by the
// number and size of events. When it is full, events of the lowest severity are dropped first.
type Queue struct {
	capacity  int
	maxBytes  int // a larger event is accepted only if no other is waiting
	start     time.Time
	clock     func() time.Duration // q.now, stored because a method value allocates
	wake      chan struct{}        // signals the writer
	onOverdue func()               // called when losses are not reported in time

	mu     sync.Mutex
	limit  *limiter
	lists  [severities + 1]list
	n      int // events in lists, barriers not counted
	bytes  int // size of these
	seq    uint64
	idle   bool // the writer sleeps
	closed bool
	gone   bool // closed, and the writer has ended

	stats Stats // Sent, Dropped and Suppressed
	lost  losses
}

func New(capacity, maxBytes int, r Rate) *Queue {
	q := &Queue{capacity: capacity, maxBytes: maxBytes, start: time.Now(), wake: make(chan struct{}, 1), limit: newLimiter(r)}
	q.clock = q.now
	return q
}

// now returns the time since the queue was created, which is cheaper than the time of day and
// monotonic.
func (q *Queue) now() time.Duration { return time.Since(q.start) }

// ErrClosed is returned for an event or a flush after Close.
const ErrClosed closedError = "eventx: handler is closed"

type closedError string

func (e closedError) Error() string { return string(e) }

// Stats are the counts of a queue and its writer. They are exported as eventx.Stats.
type Stats struct{ Sent, Written, Dropped, Suppressed, Truncated, Errors uint64 }

// Fate is the result of pushing an event.
type Fate uint8

const (
	Queued Fate = iota
	Suppressed
	Dropped
	Closed
)

// Push takes ownership of e. An event that a caller waits for and that finds no room is not counted
// as dropped, because the caller writes it to the fallback.
func (q *Queue) Push(e *Entry) Fate {
	sev := SeverityOf(e.Level)
	e.size = e.memory()
	q.mu.Lock()
	defer q.mu.Unlock()
	q.stats.Sent++
	if q.closed {
		q.drop(e)
		return Closed
	}
	if q.limit.limits() && !q.limit.allow(e.EventID(), q.clock) { // the record's own time is not reliable
		q.suppress(e)
		return Suppressed
	}
	if !q.fits(q.n, q.bytes, e.size) && !q.makeRoom(sev, e.size) {
		if e.Waiter == nil {
			q.drop(e)
		}
		return Dropped
	}
	q.put(&q.lists[sev], e)
	return Queued
}

// waiting returns the number and size of the waiting events of severity sev and higher.
func (q *Queue) waiting(sev Severity) (n, bytes int) {
	for i := sev; i < severities; i++ {
		n, bytes = n+q.lists[i].n, bytes+q.lists[i].bytes
	}
	return n, bytes
}

func (q *Queue) fits(n, bytes, size int) bool {
	return n < q.capacity && (bytes+size <= q.maxBytes || n == 0)
}

// makeRoom makes room for an event, if necessary by dropping events of lower severity, the lowest
// and oldest first. It drops nothing if that would not be enough.
func (q *Queue) makeRoom(sev Severity, size int) bool {
	if n, bytes := q.waiting(sev); !q.fits(n, bytes, size) {
		return false
	}
	for lower := range sev {
		for victim := q.take(&q.lists[lower]); victim != nil; victim = q.take(&q.lists[lower]) {
			q.drop(victim)
			if q.fits(q.n, q.bytes, size) {
				return true
			}
		}
	}
	return true
}

func (q *Queue) put(l *list, e *Entry) {
	q.seq++
	e.seq = q.seq
	l.add(e)
	if e.barrier == nil {
		q.n++
		q.bytes += e.size
	}
	q.wakeWriter()
}

func (q *Queue) take(l *list) *Entry {
	e := l.take()
	if e != nil && e.barrier == nil {
		q.n--
		q.bytes -= e.size
	}
	return e
}

func (q *Queue) wakeWriter() {
	if q.idle {
		q.idle = false
		select {
		case q.wake <- struct{}{}:
		default: // it was woken by its timer and has not looked yet
		}
	}
}

// Pop returns the oldest entry or barrier. nil means that the writer has to wait for wake or, if
// ended is true, that nothing will follow. reportDue reports whether a report of losses is due.
func (q *Queue) Pop() (e *Entry, reportDue, ended bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	var oldest *list
	for i := range q.lists {
		l := &q.lists[i]
		if l.head != nil && (oldest == nil || l.head.seq < oldest.head.seq) {
			oldest = l
		}
	}
	if oldest == nil {
		q.idle = true
		return nil, false, q.closed
	}
	return q.take(oldest), q.lost.any && q.now() >= q.lost.due, false
}

// Flush queues a barrier. The channel is closed when everything before it is written, and receives
// ErrClosed if that was dropped.
func (q *Queue) Flush() <-chan error {
	q.mu.Lock()
	defer q.mu.Unlock()
	done := make(chan error, 1)
	if q.gone {
		done <- ErrClosed
		return done
	}
	e := NewEntry()
	e.barrier = done
	q.put(&q.lists[barriers], e)
	return done
}

// Close rejects further events. Queued events are still written.
func (q *Queue) Close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.wakeWriter()
}

// Abandon drops everything that is still queued, because the writer hangs, and returns the number
// of events.
func (q *Queue) Abandon() (n int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.gone = true
	if q.lost.overdue != nil { // Close reports it
		q.lost.overdue.Stop()
	}
	for i := range q.lists {
		for e := q.take(&q.lists[i]); e != nil; e = q.take(&q.lists[i]) {
			if e.barrier != nil {
				e.barrier <- ErrClosed
				e.Free()
				continue
			}
			n++
			q.drop(e)
		}
	}
	return n
}

func (q *Queue) counts() Stats {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.stats
}

// list is a FIFO of entries.
type list struct {
	head, tail *Entry
	n, bytes   int
}

func (l *list) add(e *Entry) {
	if l.tail == nil {
		l.head = e
	} else {
		l.tail.next = e
	}
	l.tail = e
	l.n++
	l.bytes += e.size
}

func (l *list) take() *Entry {
	e := l.head
	if e == nil {
		return nil
	}
	l.head, e.next = e.next, nil
	if l.head == nil {
		l.tail = nil
	}
	l.n--
	l.bytes -= e.size
	return e
}
