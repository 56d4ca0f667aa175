package procx

import (
	"slices"
	"time"

	"github.com/surefoot-go/surefoot/internal/goroutine"
)

// A scope is the goroutines that a verdict is about.
type scope interface {
	// suspects counts the goroutines that may be leaks, at a low price. If
	// unsure, only a closer look can tell whether any of them is one.
	suspects() (n int, unsure bool)

	// inspect returns those that are leaks, at the price of a full stack dump.
	inspect() []goroutine.Goroutine
}

const (
	firstPause = 50 * time.Microsecond
	longPause  = 20 * time.Millisecond
	grace      = time.Millisecond // before a closer look at what may not be a leak at all
)

// settle waits for the goroutines in scope to end, and returns those that did not in
// time. It polls the cheap look; one full dump makes the verdict, and where the cheap
// look can't tell leaks from others, one more early on spares the wait. As many as
// cleared are likely to be none; -1 is unknown.
func settle(s scope, f *filter, cleared int) []goroutine.Goroutine {
	start := time.Now()
	inspected := false
	for pause := firstPause; ; pause = min(2*pause, longPause) {
		n, unsure := s.suspects()
		if n == 0 {
			return nil
		}
		waited := time.Since(start)
		if waited >= f.settle {
			provedLeaks()
			return s.inspect()
		}
		if n <= cleared || !inspected && unsure && waited >= grace {
			left := s.inspect()
			if len(left) == 0 {
				return nil
			}
			inspected, cleared = true, n-len(left)
		}
		f.closeIdle()
		time.Sleep(pause)
	}
}

// A process is the scope of Find and CheckMain: all goroutines but the caller and
// those that were there before.
type process struct {
	*filter
	base  *census
	extra tally // what may be beyond base, as of the last look
}

func (p *process) suspects() (n int, unsure bool) {
	groups := p.relevant(look())
	p.extra = p.base.suspects(tallyOf(groups))
	unsure = p.lenient() || anyCut(groups) || len(p.base.ids) > 0
	return p.extra.beyond(p.known).total(), p.extra[unnamed] == 0 && unsure
}

func (p *process) inspect() []goroutine.Goroutine {
	me := self()
	left := slices.DeleteFunc(goroutine.Parse(dump(false)), func(g goroutine.Goroutine) bool { return g.ID == me || harness(&g) })
	return p.leaks(p.base.since(p.extra, left))
}
