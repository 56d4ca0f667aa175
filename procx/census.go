package procx

import (
	"cmp"
	"maps"
	"runtime"
	"slices"

	"github.com/surefoot-go/surefoot/internal/goroutine"
)

// A tally is how many goroutines run each function.
type tally map[string]int

// unnamed stands in a tally for goroutines that have not begun to run: a profile has no function
// for them yet. A closer look that is not the last one can wait for it.
const unnamed = ""

func (t tally) total() (n int) {
	for _, count := range t {
		n += count
	}
	return n
}

// tallyOf counts the goroutines that could be leaks. It leaves out the test harness and goroutines
// that are taking a profile.
func tallyOf(groups []group) tally {
	t := make(tally)
	for i := range groups {
		if g := &groups[i]; !g.looks() && !harnessFunc(g.entry()) {
			t[g.entry()] += g.count
		}
	}
	return t
}

// anyCut reports whether the function of one of those is not known for sure.
func anyCut(groups []group) bool {
	return slices.ContainsFunc(groups, func(g group) bool { return g.cut && !g.looks() })
}

// beyond returns what is in t beyond as many of each function as the others have.
func (t tally) beyond(others ...tally) tally {
	rest := maps.Clone(t)
	for function := range rest {
		for _, other := range others {
			rest[function] -= other[function]
		}
		if rest[function] <= 0 {
			delete(rest, function)
		}
	}
	return rest
}

// newest returns, of the goroutines in list, as many of each function as t has, those with the
// highest IDs: but for a few, these are the newest.
func (t tally) newest(list []goroutine.Goroutine) []goroutine.Goroutine {
	var all []goroutine.Goroutine
	taken := make(map[uint64]bool)
	take := func(n int, of []goroutine.Goroutine) {
		of = slices.DeleteFunc(slices.Clone(of), func(g goroutine.Goroutine) bool { return taken[g.ID] })
		slices.SortFunc(of, func(a, b goroutine.Goroutine) int { return cmp.Compare(b.ID, a.ID) })
		for _, g := range of[:min(n, len(of))] {
			taken[g.ID] = true
			all = append(all, g)
		}
	}
	for function, n := range t {
		if function != unnamed {
			take(n, running(list, function))
		}
	}
	take(t[unnamed], list)
	return all
}

// running returns the goroutines that run function, or, of stacks too deep for a look to see which
// that is, those that have called it.
func running(list []goroutine.Goroutine, function string) (of []goroutine.Goroutine) {
	for _, g := range list {
		if g.Entry == function {
			of = append(of, g)
		}
	}
	if len(of) > 0 {
		return of
	}
	for _, g := range list {
		if slices.Contains(g.Functions(), function) {
			of = append(of, g)
		}
	}
	return of
}

// A census is what ran at one moment: below no Check, or at all.
type census struct {
	created uint64 // goroutines ever, as counted just before that moment
	live    uint64 // goroutines, likewise
	tally   tally
	ids     map[uint64]bool // of all goroutines, if they are few; nil if they are not known
}

// few is how many goroutines may be told apart by their IDs. That takes full stacks, and of more of
// them the census only knows how many run which function.
const few = 50

// takeCensus counts what the look sees. Where it will go by names, it gives those that have not
// begun to run a moment to get theirs.
func takeCensus(look func() []group) *census {
	for tries := 20; ; tries-- {
		created, live := counters()
		c := &census{created: created, live: live, tally: tallyOf(look())}
		switch {
		case len(c.tally) == 0:
			c.ids = map[uint64]bool{}
		case live <= few:
			c.ids = make(map[uint64]bool)
			for _, g := range goroutine.Parse(dump(false)) {
				c.ids[g.ID] = true
			}
		case c.tally[unnamed] > 0 && tries > 0:
			runtime.Gosched() // not a sleep, which in a bubble could take forever
			continue
		}
		return c
	}
}

// holds reports whether what ran then is what runs now, given the counters.
func (c *census) holds(created, live uint64) bool {
	// IDs tell new goroutines apart even when others have ended.
	return created == c.created && (c.ids != nil || live == c.live)
}

// suspects returns what may have been created since, of what runs below no Check now.
func (c *census) suspects(now tally) tally {
	if c.ids != nil {
		return now // any of them: others may have ended
	}
	return now.beyond(c.tally)
}

// old is how many suspects there would be if nothing but these had been created, or -1 if suspects
// are counted beyond them.
func (c *census) old() int {
	if c.ids != nil {
		return c.tally.total()
	}
	return -1
}

// since returns those in list that have been created since and may be the caller's, given the
// suspects.
func (c *census) since(suspects tally, list []goroutine.Goroutine, may func(*goroutine.Goroutine) bool) []goroutine.Goroutine {
	others := func(g goroutine.Goroutine) bool { return !may(&g) }
	if c.ids != nil {
		return slices.DeleteFunc(list, func(g goroutine.Goroutine) bool { return c.ids[g.ID] || others(g) })
	}
	return suspects.newest(slices.DeleteFunc(list, others))
}

// labelled returns those groups that have this Check's label, or none if that is "".
func labelled(groups []group, label string) []group {
	return slices.DeleteFunc(slices.Clone(groups), func(g group) bool { return g.check() != label })
}
