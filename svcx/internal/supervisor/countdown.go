package supervisor

import "time"

// A countdown measures a time limit of Main. Only time during which its timer fired on schedule
// counts, because a process that was frozen (SIGSTOP, a paused virtual machine, a sleeping laptop)
// is not hung. The zero countdown never expires.
type countdown struct {
	timer *time.Timer
	wait  time.Duration // the timer's current duration
	left  time.Duration // remaining after wait
	slice time.Duration
	due   time.Time
}

// countdownSlices is the number of waits into which a countdown is divided, so that a short freeze
// uses up at most one of them and a long freeze none.
const countdownSlices = 16

// lateness is how late a timer may fire before the process counts as having been frozen.
const lateness = 50 * time.Millisecond

// begin starts or restarts the countdown at d; 0 means no limit.
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

// C returns the channel to wait on. Call expired after each receive from the channel.
func (c *countdown) C() <-chan time.Time {
	if c.timer == nil {
		return nil
	}
	return c.timer.C
}

// expired reports whether the time is up. If not, the countdown continues.
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
