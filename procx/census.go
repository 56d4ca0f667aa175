package procx

import (
	"cmp"
	"maps"
	"runtime"
	"slices"

	"github.com/surefoot-go/surefoot/internal/goroutine"
)

// A tally is the number of goroutines per function.
type tally map[string]int

// unnamed stands in a tally for goroutines that have not begun to run, for which a profile has no
// function yet. An inspection that is not the final one can wait for it.
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

// anyCut reports whether the function of any of the groups is uncertain.
func anyCut(groups []group) bool {
	return slices.ContainsFunc(groups, func(g group) bool { return g.cut && !g.looks() })
}

// beyond returns t minus the counts of others.
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

// newest returns, for each function in t, that number of goroutines from list, those with the
// highest IDs. With few exceptions, these are the newest.
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

// running returns the goroutines that run function. For stacks too deep for a profile, it returns
// those that have called it.
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

// A census holds the goroutines running at one moment, either those outside of any Check or all of
// them.
type census struct {
	created uint64 // goroutines ever created, counted just before that moment
	live    uint64 // live goroutines, likewise
	tally   tally
	ids     map[uint64]bool // of all goroutines, if there are few; otherwise nil
}

// few is the maximum number of goroutines to distinguish by ID, which takes full stacks. For more
// goroutines, the census only records the number per function.
const few = 50

// takeCensus counts the goroutines that look returns. If it has to rely on function names, it waits
// a moment for goroutines that have not begun to run.
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
			runtime.Gosched() // not a sleep, which could take forever in a synctest bubble
			continue
		}
		return c
	}
}

// holds reports whether the same goroutines are still running, given the counters.
func (c *census) holds(created, live uint64) bool {
	// IDs distinguish new goroutines even if others have ended.
	return created == c.created && (c.ids != nil || live == c.live)
}

// suspects returns the goroutines outside of any Check that may have been created since.
func (c *census) suspects(now tally) tally {
	if c.ids != nil {
		return now // any of them: others may have ended
	}
	return now.beyond(c.tally)
}

// old returns the number of suspects if no other goroutines had been created, or -1 if the suspects
// don't include the old goroutines.
func (c *census) old() int {
	if c.ids != nil {
		return c.tally.total()
	}
	return -1
}

// since returns the goroutines in list that have been created since and may be the caller's, given
// the suspects.
func (c *census) since(suspects tally, list []goroutine.Goroutine, may func(*goroutine.Goroutine) bool) []goroutine.Goroutine {
	others := func(g goroutine.Goroutine) bool { return !may(&g) }
	if c.ids != nil {
		return slices.DeleteFunc(list, func(g goroutine.Goroutine) bool { return c.ids[g.ID] || others(g) })
	}
	return suspects.newest(slices.DeleteFunc(list, others))
}

// labelled returns the groups with this Check's label, or none if label is "".
func labelled(groups []group, label string) []group {
	return slices.DeleteFunc(slices.Clone(groups), func(g group) bool { return g.check() != label })
}
