package eventx

import (
	"sync"
	"time"
)

// errorWait is how long an error may wait for room. Nothing else ever waits.
const errorWait = 100 * time.Millisecond

// reportEvery is how long losses are gathered before one event reports them.
const reportEvery = 10 * time.Second

// barriers is the list of what Flush waits at. They need no room.
const barriers = severities

// queue is what stands between the callers and the one writer: first in, first
// out, bounded. When it is full, the lowest severity goes first.
type queue struct {
	capacity int
	wake     chan struct{} // the writer has something to do
	room     chan struct{} // for waiting errors
	limit    *limiter      // guarded by mu, as all below

	mu      sync.Mutex
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

// losses are events that were not written and not yet reported.
type losses struct {
	dropped    [severities]uint64
	suppressed map[uint16]uint64
	since      time.Time // the first of them; zero: none
}

func newQueue(capacity int, r Rate) *queue {
	return &queue{capacity: capacity, wake: make(chan struct{}, 1), room: make(chan struct{}, 1), limit: newLimiter(r)}
}

// push takes e over, whatever becomes of it; false: the queue is closed.
func (q *queue) push(e *entry) bool {
	sev := severityOf(e.level)
	now := e.time
	if now.IsZero() {
		now = time.Now()
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.stats.Sent++
	if q.closed {
		q.drop(e, now)
		return false
	}
	if !q.limit.allow(e.eventID(), now) {
		q.suppress(e, now)
		return true
	}
	if q.n >= q.capacity && !q.makeRoom(sev, now) {
		q.drop(e, now)
		return !q.closed
	}
	q.n++
	q.put(&q.lists[sev], e)
	return true
}

// makeRoom gives up an event of lower severity than sev; an error, for which
// there is none, waits.
func (q *queue) makeRoom(sev severity, now time.Time) bool {
	for lower := range sev {
		if victim := q.lists[lower].take(); victim != nil {
			q.n--
			q.drop(victim, now)
			return true
		}
	}
	if sev < sevError || q.stuck {
		return false
	}
	timer := time.NewTimer(errorWait)
	defer timer.Stop()
	q.waiting++
	for q.n >= q.capacity && !q.stuck && !q.closed {
		q.mu.Unlock()
		select {
		case <-q.room:
			q.mu.Lock()
		case <-timer.C:
			q.mu.Lock()
			q.stuck = q.n >= q.capacity
		}
	}
	q.waiting--
	q.passRoom()
	return q.n < q.capacity && !q.closed
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

func (q *queue) drop(e *entry, now time.Time) {
	q.stats.Dropped++
	q.lost.dropped[severityOf(e.level)]++
	q.lose(e, now)
}

func (q *queue) suppress(e *entry, now time.Time) {
	q.stats.Suppressed++
	if q.lost.suppressed == nil {
		q.lost.suppressed = make(map[uint16]uint64)
	}
	q.lost.suppressed[e.eventID()]++
	q.lose(e, now)
}

// lose notes when the first event was lost, for the report's sake.
func (q *queue) lose(e *entry, now time.Time) {
	if q.lost.since.IsZero() {
		q.lost.since = now
		q.wakeWriter() // to set its clock
	}
	e.free()
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
	return e, !q.lost.since.IsZero() && e.time.Sub(q.lost.since) >= reportEvery, false
}

// reportIn says how long the next report of losses can wait; ok is false
// without losses.
func (q *queue) reportIn() (wait time.Duration, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return reportEvery - time.Since(q.lost.since), !q.lost.since.IsZero()
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

// flush queues a barrier. It is closed when all before it is written.
func (q *queue) flush() <-chan struct{} {
	q.mu.Lock()
	defer q.mu.Unlock()
	done := make(chan struct{})
	if q.gone {
		close(done)
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
				close(e.barrier)
				e.free()
				continue
			}
			q.n--
			n++
			q.drop(e, time.Now())
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
