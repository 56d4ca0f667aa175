package procx

import (
	"hash/fnv"
	"io"
	"slices"
	"time"

	"github.com/surefoot-go/surefoot/internal/goroutine"
)

// A scope is the goroutines that a verdict is about.
type scope interface {
	// suspects counts the goroutines that may be leaks, at a low price. If unsure, only a closer
	// look can tell whether any of them is one. The picture is of them.
	suspects() (n int, unsure bool, p picture)

	// inspect returns the leaks, at the price of a full stack dump. Where it is not final, it also
	// returns goroutines that only the proof of a leak can decide about.
	inspect(final bool) []goroutine.Goroutine
}

const (
	firstPause = 50 * time.Microsecond
	longPause  = 20 * time.Millisecond
	grace      = time.Millisecond // before a closer look at what may not be a leak at all
)

// still is how long nothing may change about the suspects until the verdict is made, where
// Options.Settle asks for nothing else. Other detectors wait about as long for any leak.
const (
	still = 500 * time.Millisecond

	// stillLooks is how many looks it takes at least: while the machine itself stands still,
	// nothing changes either.
	stillLooks = 15

	// proofAfter is how long nothing may change until their states are asked whether any of them
	// can ever end.
	proofAfter = 50 * time.Millisecond
)

// settle waits for the goroutines in scope to end, and returns those that did not in time. It polls
// the cheap look; one full dump makes the verdict, and where the cheap look can't tell leaks from
// others, a few more, ever less often, spare the wait. As many as cleared are likely to be none; -1
// is unknown.
func settle(s scope, f *filter, cleared int) []goroutine.Goroutine {
	start := time.Now()
	closer := grace
	var last picture
	var since time.Time // when the picture was last seen to change
	same := 0           // looks at it
	proved := false     // their states were looked at
	for pause := firstPause; ; pause = min(2*pause, longPause) {
		n, unsure, now := s.suspects()
		if n == 0 {
			return nil
		}
		if now != last || now.awaits || since.IsZero() {
			last, since, same = now, time.Now(), 0
		}
		same++
		waited := time.Since(start)
		if waited >= f.settle || f.soon && time.Since(since) >= still && same >= stillLooks {
			return verdict(s)
		}
		if f.soon && !proved && time.Since(since) >= proofAfter && same > 1 {
			proved = true // but no collection is made for it, which might end them: see verdict
			left := s.inspect(false)
			if len(left) > 0 && !slices.ContainsFunc(left, func(g goroutine.Goroutine) bool { return !g.Certain() }) {
				return left // none of them will ever end
			}
		}
		if n <= cleared || unsure && waited >= closer {
			left := s.inspect(false)
			if len(left) == 0 {
				return nil
			}
			closer, cleared = 8*closer, n-len(left)
		}
		f.closeIdle()
		time.Sleep(pause)
	}
}

// verdict makes the final inspection of the scope. The garbage collection that proves leaks also
// closes files that are unreachable, and so may end the goroutines that wait for them. These were
// leaks until then.
func verdict(s scope) []goroutine.Goroutine {
	if leakProfile() == nil {
		return s.inspect(true)
	}
	before := s.inspect(false)
	provedLeaks()
	after := make(map[uint64]goroutine.Goroutine)
	for _, g := range s.inspect(true) {
		after[g.ID] = g
	}
	left := before[:0]
	for _, g := range before {
		if proved, ok := after[g.ID]; ok {
			left = append(left, proved)
		} else if !isPooled(g.Entry) { // else it is in another's hands
			left = append(left, g)
		}
	}
	return left
}

// A picture is what a cheap look has seen of the suspects. Two that are equal show the same stacks,
// as often.
type picture struct {
	sum    uint64
	awaits bool // that time passes, or what another goroutine does with a connection
}

// pictureOf returns the picture of groups and of others, of which only the functions are known.
func pictureOf(groups []group, others tally) (p picture) {
	for i := range groups {
		g := &groups[i]
		h := fnv.New64a()
		for _, f := range g.functions {
			io.WriteString(h, f+"\n")
			p.awaits = p.awaits || f == "time.Sleep"
		}
		p.awaits = p.awaits || isPooled(g.entry())
		p.sum += h.Sum64() * uint64(g.count) // in any order
	}
	for function, n := range others {
		h := fnv.New64a()
		io.WriteString(h, function)
		p.sum += h.Sum64() * uint64(n)
	}
	return p
}

// A process is the scope of Find and CheckMain: all goroutines but the caller and those that were
// there before.
type process struct {
	*filter
	base  *census
	extra tally // what may be beyond base, as of the last look
}

func (p *process) suspects() (n int, unsure bool, now picture) {
	groups := p.relevant(look())
	p.extra = p.base.suspects(tallyOf(groups))
	unsure = p.lenient() || anyCut(groups) || len(p.base.ids) > 0
	groups = slices.DeleteFunc(groups, func(g group) bool { return p.extra[g.entry()] == 0 })
	return p.extra.beyond(p.known).total(), p.extra[unnamed] == 0 && unsure, pictureOf(groups, nil)
}

func (p *process) inspect(bool) []goroutine.Goroutine {
	me := self()
	left := slices.DeleteFunc(goroutine.Parse(dump(false)), func(g goroutine.Goroutine) bool { return g.ID == me || harness(&g) })
	return p.leaks(p.base.since(p.extra, left, func(*goroutine.Goroutine) bool { return true }))
}
