package eventx

import (
	"sync"
	"time"
)

// errorWait is how long an error may wait for room. Nothing else ever waits.
const errorWait = 100 * time.Millisecond

// barriers is the list of what Flush waits at. They need no room.
const barriers = severities

// queue is what stands between the callers and the one writer: first in, first
// out, bounded. When it is full, the lowest severity goes first.
type queue struct {
	capacity  int
	start     time.Time
	wake      chan struct{} // the writer has something to do
	room      chan struct{} // for waiting errors
	onOverdue func()        // called when losses are not reported in time

	mu      sync.Mutex
	limit   *limiter
	lists   [severities + 1]list
	n       int // events in lists, barriers not counted
	seq     uint64
	waiting int  // errors that wait for room
	stuck   bool // one waited in vain, and nothing was taken since
	idle    bool // the writer sleeps
	closed  bool
	gone    bool // closed, and no writer will take anything more

	stats Stats // Sent, Dropped and Suppressed
	lost  losses
}

func newQueue(capacity int, r Rate) *queue {
	return &queue{capacity: capacity, start: time.Now(), wake: make(chan struct{}, 1), room: make(chan struct{}, 1), limit: newLimiter(r)}
}

// now is the time since the queue was made, which is cheaper to get than the time
// of day, and never jumps.
func (q *queue) now() time.Duration { return time.Since(q.start) }

// push takes e over, whatever becomes of it; false: the queue is closed.
func (q *queue) push(e *entry) bool {
	sev := severityOf(e.level)
	q.mu.Lock()
	defer q.mu.Unlock()
	q.stats.Sent++
	if q.closed {
		q.drop(e)
		return false
	}
	if q.limit.limits() && !q.limit.allow(e.eventID(), q.now()) { // a record's own time can be anything
		q.suppress(e)
		return true
	}
	if q.n >= q.capacity && !q.makeRoom(sev) {
		q.drop(e)
		return !q.closed
	}
	q.n++
	q.put(&q.lists[sev], e)
	return true
}

// makeRoom gives up an event of lower severity than sev; an error, for which
// there is none, waits.
func (q *queue) makeRoom(sev severity) bool {
	if q.dropBelow(sev) {
		return true
	}
	if sev < sevError || q.stuck {
		return false
	}
	timer := time.NewTimer(errorWait)
	defer timer.Stop()
	q.waiting++
	for q.n >= q.capacity && !q.stuck && !q.closed {
		timedOut := false
		q.mu.Unlock()
		select {
		case <-q.room:
		case <-timer.C:
			timedOut = true
		}
		q.mu.Lock()
		if q.n >= q.capacity && !q.closed && !q.dropBelow(sev) { // what took the room meanwhile may be of lower severity
			q.stuck = q.stuck || timedOut
		}
	}
	q.waiting--
	q.passRoom()
	return q.n < q.capacity && !q.closed
}

// dropBelow gives up an event of lower severity than sev, the lowest there is.
func (q *queue) dropBelow(sev severity) bool {
	for lower := range sev {
		if victim := q.lists[lower].take(); victim != nil {
			q.n--
			q.drop(victim)
			return true
		}
	}
	return false
}

// passRoom lets one waiting error look again. It passes it on to the next.
func (q *queue) passRoom() {
	if q.waiting > 0 {
		select {
		case q.room <- struct{}{}:
		default:
		}
	}
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

// pop returns the oldest entry or barrier; nil means that the writer has to
// wait for wake or, if the queue has ended, that nothing will follow. It says
// whether a report of losses is due.
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
	e = oldest.take()
	if e.barrier == nil {
		q.n--
		q.stuck = false
		q.passRoom()
	}
	return e, q.lost.any && q.now() >= q.lost.due, false
}

// flush queues a barrier. It is closed when all before it is written; ErrClosed
// comes through it if nobody waited for that.
func (q *queue) flush() <-chan error {
	q.mu.Lock()
	defer q.mu.Unlock()
	done := make(chan error, 1)
	if q.gone {
		done <- ErrClosed
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
	q.passRoom()
	q.wakeWriter()
}

// abandon drops all that is still there, because the writer won't come for it,
// and says how much that was.
func (q *queue) abandon() (n int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.gone = true
	for i := range q.lists {
		for e := q.lists[i].take(); e != nil; e = q.lists[i].take() {
			if e.barrier != nil {
				e.barrier <- ErrClosed
				e.free()
				continue
			}
			q.n--
			n++
			q.drop(e)
		}
	}
	return n
}

func (q *queue) counts() Stats {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.stats
}

// list is a FIFO of entries.
type list struct{ head, tail *entry }

func (l *list) add(e *entry) {
	if l.tail == nil {
		l.head = e
	} else {
		l.tail.next = e
	}
	l.tail = e
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
	return e
}
