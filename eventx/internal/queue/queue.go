// Package queue takes events from the code that logs and gives them to a log, one by one, without
// letting the callers wait: an Entry is an event, a Queue bounds what waits, a Writer writes it to
// a Sink or to the fallback, and counts and reports what was lost.
package queue

import (
	"sync"
	"time"
)

// barriers is the list of what Flush waits at. They need no room.
const barriers = severities

// Queue is what stands between the callers and the one writer: first in, first out, bounded by the
// number of events and by their size. When it is full, the lowest severity goes first.
type Queue struct {
	capacity  int
	maxBytes  int // an event that is larger by itself is taken only while no other waits
	start     time.Time
	clock     func() time.Duration // now, made once: a method value allocates
	wake      chan struct{}        // the writer has something to do
	onOverdue func()               // called when losses are not reported in time

	mu     sync.Mutex
	limit  *limiter
	lists  [severities + 1]list
	n      int // events in lists, barriers not counted
	bytes  int // that they take
	seq    uint64
	idle   bool // the writer sleeps
	closed bool
	gone   bool // closed, and no writer will take anything more

	stats Stats // Sent, Dropped and Suppressed
	lost  losses
}

func New(capacity, maxBytes int, r Rate) *Queue {
	q := &Queue{capacity: capacity, maxBytes: maxBytes, start: time.Now(), wake: make(chan struct{}, 1), limit: newLimiter(r)}
	q.clock = q.now
	return q
}

// now is the time since the queue was made, which is cheaper to get than the time of day, and never
// jumps.
func (q *Queue) now() time.Duration { return time.Since(q.start) }

// ErrClosed is what comes of an event or a flush after close.
const ErrClosed closedError = "eventx: handler is closed"

type closedError string

func (e closedError) Error() string { return string(e) }

// Stats are the counts of a queue and its writer. They are public as eventx.Stats.
type Stats struct{ Sent, Written, Dropped, Suppressed, Truncated, Errors uint64 }

// Fate is what became of an event that was pushed.
type Fate uint8

const (
	Queued Fate = iota
	Suppressed
	Dropped
	Closed
)

// Push takes e over, whatever becomes of it. An event that a caller waits for and that finds no
// room is not counted as dropped: the caller writes it to the fallback.
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
	if q.limit.limits() && !q.limit.allow(e.EventID(), q.clock) { // a record's own time can be anything
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

// waiting returns the number and size of the events from severity sev up.
func (q *Queue) waiting(sev Severity) (n, bytes int) {
	for i := sev; i < severities; i++ {
		n, bytes = n+q.lists[i].n, bytes+q.lists[i].bytes
	}
	return n, bytes
}

func (q *Queue) fits(n, bytes, size int) bool {
	return n < q.capacity && (bytes+size <= q.maxBytes || n == 0)
}

// makeRoom makes room for an event, if need be by giving up events of lower severity, the lowest
// and oldest first. It gives up nothing if that is not enough.
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
		default: // it woke by its clock and has not looked yet
		}
	}
}

// Pop returns the oldest entry or barrier; nil means that the writer has to wait for wake or, if
// the queue has ended, that nothing will follow. It reports whether a report of losses is due.
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

// Flush queues a barrier. It is closed when everything before it is written; ErrClosed comes
// through it if that was given up.
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

// Close lets no more events in. What is in is still written.
func (q *Queue) Close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.wakeWriter()
}

// Abandon drops everything that is still queued, because the writer won't come for it, and returns
// how many events that was.
func (q *Queue) Abandon() (n int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.gone = true
	if q.lost.overdue != nil { // Close says it
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
