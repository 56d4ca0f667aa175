package procx

import (
	"hash/fnv"
	"io"
	"slices"
	"time"

	"github.com/surefoot-go/surefoot/internal/goroutine"
)

// A scope is the set of goroutines to check.
type scope interface {
	// suspects cheaply counts the goroutines that may be leaks. If unsure is true, only inspect can
	// tell whether any of them is one. p is the picture of the suspects.
	suspects() (n int, unsure bool, p picture)

	// inspect returns the leaks, at the cost of a full stack dump. If final is false, it also
	// returns goroutines for which only the proof of a leak can decide.
	inspect(final bool) []goroutine.Goroutine
}

const (
	firstPause = 50 * time.Microsecond
	longPause  = 20 * time.Millisecond
	grace      = time.Millisecond // before inspecting goroutines that may not be leaks
)

// still is the time without a change after which settle decides, by default. Other detectors wait
// about as long for any leak.
const (
	still = 500 * time.Millisecond

	// stillLooks is the minimum number of looks, since nothing changes while the machine itself is
	// stalled.
	stillLooks = 15

	// proofAfter is the time without a change after which settle checks the states for goroutines
	// that can never end.
	proofAfter = 50 * time.Millisecond
)

// settle waits for the goroutines in scope to end, and returns those that did not end in time. It
// polls suspects and then inspects once. If suspects can't distinguish leaks from other goroutines,
// a few more inspections, less and less often, can shorten the wait. cleared is the number of
// suspects that are probably not leaks, or -1 if unknown.
func settle(s scope, f *filter, cleared int) []goroutine.Goroutine {
	start := time.Now()
	closer := grace
	var last picture
	var since time.Time // when the picture last changed
	same := 0           // number of looks at the same picture
	proved := false     // their states have been checked
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
			proved = true // without a garbage collection, which might end them: see verdict
			left := s.inspect(false)
			if len(left) > 0 && !slices.ContainsFunc(left, func(g goroutine.Goroutine) bool { return !g.Certain() }) {
				return left // none of them can end
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
// closes unreachable files, and so may end the goroutines that wait for them. These count as leaks.
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
		} else if !isPooled(g.Entry) { // otherwise another goroutine uses it
			left = append(left, g)
		}
	}
	return left
}

// A picture summarizes the suspects as seen by a cheap look. Equal pictures have the same stacks
// with the same counts.
type picture struct {
	sum    uint64
	awaits bool // whether any waits for time to pass or for another goroutine's use of a connection
}

// pictureOf returns the picture of groups and of others, for which only the functions are known.
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

// A process is the scope of Find and CheckMain: all goroutines except the caller and those that
// existed before.
type process struct {
	*filter
	base  *census
	extra tally // possible goroutines beyond base, as of the last look
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
