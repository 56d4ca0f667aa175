package eventx

import (
	"errors"
	"sync"
	"time"
)

// barriers is the list of what Flush waits at. They need no room.
const barriers = severities

// queue is what stands between the callers and the one writer: first in, first out, bounded by the
// number of events and by their size. When it is full, the lowest severity goes first.
type queue struct {
	capacity  int
	maxBytes  int // an event that is larger by itself is taken only while no other waits
	start     time.Time
	clock     func() time.Duration // now, made once: a method value allocates
	wake      chan struct{}        // the writer has something to do
	onOverdue func()               // called when losses are not reported in time

	mu     sync.Mutex
	limit  *limiter
	lists  [severities + 1]list
	seq    uint64
	idle   bool // the writer sleeps
	closed bool
	gone   bool // closed, and no writer will take anything more

	stats stats // Sent, Dropped and Suppressed
	lost  losses
}

func newQueue(capacity, maxBytes int, r rate) *queue {
	q := &queue{capacity: capacity, maxBytes: maxBytes, start: time.Now(), wake: make(chan struct{}, 1), limit: newLimiter(r)}
	q.clock = q.now
	return q
}

// now is the time since the queue was made, which is cheaper to get than the time of day, and never
// jumps.
func (q *queue) now() time.Duration { return time.Since(q.start) }

// errClosed is what comes of an event or a flush after close.
var errClosed = errors.New("eventx: handler is closed")

// stats are the counts of a queue and its writer. They are public as eventx.Stats.
type stats struct{ Sent, Written, Dropped, Suppressed, Truncated, Errors uint64 }

// fate is what became of an event that was pushed.
type fate uint8

const (
	queued fate = iota
	suppressed
	dropped
	closed
)

// push takes e over, whatever becomes of it. An event that a caller waits for and that finds no room is
// not counted as dropped: the caller writes it to the fallback.
func (q *queue) push(e *entry) fate {
	sev := severityOf(e.level)
	e.size = e.memory()
	q.mu.Lock()
	defer q.mu.Unlock()
	q.stats.Sent++
	if q.closed {
		q.drop(e)
		return closed
	}
	if q.limit.limits() && !q.limit.allow(e.eventID(), q.clock) { // a record's own time can be anything
		q.suppress(e)
		return suppressed
	}
	if !q.makeRoom(sev, e.size) {
		if e.waiter == nil {
			q.drop(e)
		}
		return dropped
	}
	q.put(&q.lists[sev], e)
	return queued
}

// waiting returns the number and size of the events from severity sev up.
func (q *queue) waiting(sev severity) (n, bytes int) {
	for i := sev; i < severities; i++ {
		n, bytes = n+q.lists[i].n, bytes+q.lists[i].bytes
	}
	return n, bytes
}

func (q *queue) fits(n, bytes, size int) bool {
	return n < q.capacity && (bytes+size <= q.maxBytes || n == 0)
}

// makeRoom makes room for an event, if need be by giving up events of lower severity, the lowest and
// oldest first. It gives up nothing if that is not enough.
func (q *queue) makeRoom(sev severity, size int) bool {
	if n, bytes := q.waiting(0); q.fits(n, bytes, size) {
		return true
	}
	if n, bytes := q.waiting(sev); !q.fits(n, bytes, size) {
		return false
	}
	for lower := range sev {
		for victim := q.lists[lower].take(); victim != nil; victim = q.lists[lower].take() {
			q.drop(victim)
			if n, bytes := q.waiting(0); q.fits(n, bytes, size) {
				return true
			}
		}
	}
	return true
}

func (q *queue) put(l *list, e *entry) {
	q.seq++
	e.seq = q.seq
	l.add(e)
	q.wakeWriter()
}

func (q *queue) wakeWriter() {
	if q.idle {
		q.idle = false
		select {
		case q.wake <- struct{}{}:
		default: // it woke by its clock and has not looked yet
		}
	}
}

// pop returns the oldest entry or barrier; nil means that the writer has to wait for wake or, if the
// queue has ended, that nothing will follow. It reports whether a report of losses is due.
func (q *queue) pop() (e *entry, reportDue, ended bool) {
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
	return oldest.take(), q.lost.any && q.now() >= q.lost.due, false
}

// flush queues a barrier. It is closed when everything before it is written; errClosed comes through
// it if that was given up.
func (q *queue) flush() <-chan error {
	q.mu.Lock()
	defer q.mu.Unlock()
	done := make(chan error, 1)
	if q.gone {
		done <- errClosed
		return done
	}
	e := newEntry()
	e.barrier = done
	q.put(&q.lists[barriers], e)
	return done
}

// close lets no more events in. What is in is still written.
func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.wakeWriter()
}

// abandon drops everything that is still queued, because the writer won't come for it, and returns how
// many events that was.
func (q *queue) abandon() (n int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.gone = true
	if q.lost.overdue != nil { // Close says it
		q.lost.overdue.Stop()
	}
	for i := range q.lists {
		for e := q.lists[i].take(); e != nil; e = q.lists[i].take() {
			if e.barrier != nil {
				e.barrier <- errClosed
				e.free()
				continue
			}
			n++
			q.drop(e)
		}
	}
	return n
}

func (q *queue) counts() stats {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.stats
}

// list is a FIFO of entries.
type list struct {
	head, tail *entry
	n, bytes   int
}

func (l *list) add(e *entry) {
	if l.tail == nil {
		l.head = e
	} else {
		l.tail.next = e
	}
	l.tail = e
	l.n++
	l.bytes += e.size
}

func (l *list) take() *entry {
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
