package loop

import (
	"context"
	"sync"
	"time"
)

// A build begins once no file has been saved for a moment, as after a save of all files or a
// checkout, but at the latest after a while.
const (
	quiet   = 50 * time.Millisecond
	patient = 2 * time.Second
)

// due returns when a build may begin, given the times of the first and the last change.
func due(first, last time.Time) time.Time {
	if end := first.Add(patient); end.Before(last.Add(quiet)) {
		return end
	}
	return last.Add(quiet)
}

// A queue holds the services to build. A change during a build cancels it, so that a build is never
// older than the last save.
type queue struct {
	wake chan struct{}

	mu          sync.Mutex
	wanted      map[string]bool // true: even where nothing has changed, replace the process
	first, last time.Time       // of the changes in wanted
	batch       *batch          // what is being built
}

// A batch is the set of services of one build.
type batch struct {
	preparing bool            // what is saved now is still in it
	services  map[string]bool // as in queue.wanted
	changed   time.Time       // the last change
	ctx       context.Context // ends when it is stale
	cancel    context.CancelFunc
}

func newQueue() *queue {
	return &queue{wake: make(chan struct{}, 1), wanted: map[string]bool{}}
}

// add queues a service to be built again.
func (q *queue) add(service string, force bool, now time.Time) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.wanted) == 0 {
		q.first = now
	}
	q.last = now
	q.wanted[service] = force || q.wanted[service]
	if q.batch != nil && !q.batch.preparing {
		if _, ok := q.batch.services[service]; ok {
			q.batch.cancel()
		}
	}
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// next waits for the next batch that is due, or returns ctx's error.
func (q *queue) next(ctx context.Context) (*batch, error) {
	for {
		wait := time.Duration(-1)
		q.mu.Lock()
		if len(q.wanted) > 0 {
			if wait = time.Until(due(q.first, q.last)); wait <= 0 {
				defer q.mu.Unlock()
				b := &batch{preparing: true, services: q.wanted, changed: q.last}
				b.ctx, b.cancel = context.WithCancel(ctx)
				q.wanted, q.batch = map[string]bool{}, b
				return b, nil
			}
		}
		q.mu.Unlock()

		var timer <-chan time.Time
		if wait > 0 {
			timer = time.After(wait)
		}
		select {
		case <-q.wake:
		case <-timer:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// begin ends the batch's preparation: the build begins, with all that was saved until now. So what
// is wanted of the batch's services is in it.
func (q *queue) begin(b *batch) {
	q.mu.Lock()
	defer q.mu.Unlock()
	b.preparing = false
	for service, force := range q.wanted {
		if was, ok := b.services[service]; ok {
			b.services[service], b.changed = was || force, q.last
			delete(q.wanted, service)
		}
	}
}

// finish ends the batch and reports whether what was built may be used. If it is stale, all of it
// is to be built again.
func (q *queue) finish(b *batch) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	defer b.cancel()
	q.batch = nil
	if b.ctx.Err() == nil {
		return true
	}
	for service, force := range b.services {
		q.wanted[service] = force || q.wanted[service]
	}
	return false
}
