package procx

import (
	"cmp"
	"maps"
	"slices"
)

// A tally is how many goroutines run each function.
type tally map[string]int

func (t tally) total() (n int) {
	for _, count := range t {
		n += count
	}
	return n
}

// tallyOf counts the goroutines that could be leaks: those that are no harness and are
// not looking themselves.
func tallyOf(groups []group) tally {
	t := make(tally)
	for i := range groups {
		if g := &groups[i]; !g.looks() && !harness(g.entry()) {
			t[g.entry()] += g.count
		}
	}
	return t
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

// newest returns, of the goroutines in list, as many of each function as t has, those
// with the highest IDs: but for a few, these are the newest.
func (t tally) newest(list []goroutine) []goroutine {
	var all []goroutine
	for function, n := range t {
		of := running(list, function)
		slices.SortFunc(of, func(a, b goroutine) int { return cmp.Compare(b.id, a.id) })
		all = append(all, of[:min(n, len(of))]...)
	}
	return all
}

// running returns the goroutines that run function, or, of stacks too deep for a
// look to see which that is, those that have called it.
func running(list []goroutine, function string) (of []goroutine) {
	for _, g := range list {
		if g.entry == function {
			of = append(of, g)
		}
	}
	if len(of) > 0 {
		return of
	}
	for _, g := range list {
		if slices.Contains(g.functions(), function) {
			of = append(of, g)
		}
	}
	return of
}

// A census is what ran below no Check at one moment.
type census struct {
	created uint64 // goroutines ever, as counted just before that moment
	tally   tally
}

// takeCensus looks, and returns the census and all that it saw.
func takeCensus() (*census, []group) {
	created, _ := counters()
	groups := lookLabels()
	nobodys := slices.DeleteFunc(slices.Clone(groups), func(g group) bool { return labelOf(g.labels, checkLabel) != "" })
	return &census{created, tallyOf(nobodys)}, groups
}
