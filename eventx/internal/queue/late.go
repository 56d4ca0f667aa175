package queue

import (
	"sync/atomic"
	"time"
)

// lateAfter is how old an event may be when it is written without saying how old it is: a log gives
// it the time at which it comes.
const lateAfter = time.Second

// lateClock tells the writer which events are late. To read the system's clock for each event would
// take longer than anything else that the queue does with it: the clock is read when the writer has
// slept, and whenever a timer has fired since. So it is at most tick behind.
type lateClock struct {
	now   time.Time
	stale atomic.Bool
	timer *time.Timer
}

const tick = 100 * time.Millisecond

func (c *lateClock) read() {
	c.stale.Store(false)
	c.now = time.Now()
	if c.timer == nil {
		c.timer = time.AfterFunc(tick, func() { c.stale.Store(true) })
		return
	}
	c.timer.Reset(tick)
}

// late reports whether an event of that time is late.
func (c *lateClock) late(t time.Time) bool {
	if c.stale.Load() {
		c.read()
	}
	return !t.IsZero() && c.now.Sub(t) > lateAfter
}
