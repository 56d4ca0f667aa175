package queue

import (
	"sync/atomic"
	"time"
)

// lateAfter is the age from which an event is written with its own time, because logs record the
// time of arrival.
const lateAfter = time.Second

// lateClock determines which events are late. Reading the system's clock for each event would take
// longer than everything else that the queue does with it, so the clock is read only after the
// writer has slept and when a timer has fired since. It is at most tick behind.
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
