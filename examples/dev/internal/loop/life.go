package loop

import (
	"time"

	"github.com/surefoot-go/surefoot/examples/dev/page"
)

// facts determine a service's next step and its state. Processes are identified by the number of
// the build that they run, 0 for none.
type facts struct {
	want      bool // the user wants it to run
	needs     bool // those that it needs serve
	target    int  // the build that is to run
	current   int  // that serves
	candidate int  // that was started, to take its place
	pause     bool // after a crash, before the next try
	stopFirst bool // what serves must have ended before another one starts
	done      bool // it has ended, as a worker may, and left nothing to do

	building bool // its newest source
	broken   bool // which does not build
	healthy  bool // says current
	retiring bool // there is a process that has been replaced or stopped
}

// A step is what a runner does next.
type step uint8

const (
	idle    step = iota
	launch       // start the target
	abandon      // end the candidate
	retire       // end what serves
)

func (f facts) next() step {
	switch {
	case f.candidate != 0 && (!f.want || f.candidate != f.target):
		return abandon
	case !f.want && f.current != 0:
		return retire
	case !f.want, f.candidate != 0, f.target == 0, f.current == f.target, f.done:
		return idle
	case f.stopFirst && f.current != 0:
		return retire
	case f.stopFirst && f.retiring:
		return idle
	case f.current == 0 && (f.pause || !f.needs):
		return idle // what serves is replaced all the same
	}
	return launch
}

func (f facts) state() page.State {
	switch {
	case f.current != 0 && f.healthy:
		return page.Healthy
	case f.current != 0:
		return page.Unhealthy
	case !f.want && (f.retiring || f.candidate != 0):
		return page.Stopping
	case !f.want:
		return page.Stopped
	case f.candidate != 0:
		return page.Starting
	case f.done:
		return page.Stopped
	case f.building:
		return page.Building
	case f.broken:
		return page.Failed
	case f.pause:
		return page.Crashed
	}
	return page.Waiting
}

// soon reports whether a service in that state may soon serve.
func soon(s page.State) bool {
	return s == page.Waiting || s == page.Building || s == page.Starting
}

const (
	firstPause = time.Second
	mostPause  = 30 * time.Second
	wellAgain  = time.Minute // after which crashes before don't count
)

// pauseAfter returns the delay after that number of consecutive crashes, at least 1.
func pauseAfter(crashes int) time.Duration {
	pause := firstPause
	for ; crashes > 1 && pause < mostPause; crashes-- {
		pause *= 2
	}
	return min(pause, mostPause)
}
