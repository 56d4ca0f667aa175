package supervisor

import "time"

// A countdown measures a time limit of Main. Only time in which its timer fired on schedule counts:
// a process that was frozen (SIGSTOP, a paused virtual machine, a sleeping laptop) is not one that
// hangs. The zero countdown never expires.
type countdown struct {
	timer *time.Timer
	wait  time.Duration // what the timer is set to
	left  time.Duration // without the wait
	slice time.Duration
	due   time.Time
}

// A countdown is cut into this many waits, so that a short freeze costs one at most and a long one
// nothing.
const countdownSlices = 16

// lateness is how late a timer may fire without a freeze.
const lateness = 50 * time.Millisecond

// begin starts the countdown from its beginning; 0 means no limit.
func (c *countdown) begin(d time.Duration) {
	c.end()
	if d <= 0 {
		return
	}
	c.slice, c.left = max(1, d/countdownSlices), d
	c.next()
}

func (c *countdown) end() {
	if c.timer != nil {
		c.timer.Stop()
	}
}

func (c *countdown) next() {
	c.wait = min(c.slice, c.left)
	c.left -= c.wait
	c.due = time.Now().Add(c.wait)
	if c.timer == nil {
		c.timer = time.NewTimer(c.wait)
	} else {
		c.timer.Reset(c.wait)
	}
}

// C is the channel to wait on; call expired when it is received from.
func (c *countdown) C() <-chan time.Time {
	if c.timer == nil {
		return nil
	}
	return c.timer.C
}

// expired reports whether the time is up. If not, it goes on counting.
func (c *countdown) expired() bool {
	if time.Since(c.due) > max(lateness, c.slice/4) {
		c.left += c.wait
	}
	if c.left <= 0 {
		return true
	}
	c.next()
	return false
}
