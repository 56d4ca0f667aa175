package procx

import (
	"maps"
	"slices"
)

// A census is what ran at one moment. A nil census is of nothing.
type census struct {
	created uint64         // goroutines ever, as counted just before that moment
	ids     []uint64       // of all goroutines, sorted
	entries map[string]int // how many run each function
}

func takeCensus() *census {
	c := &census{entries: make(map[string]int)}
	c.created, _ = counters()
	for _, g := range parseDump(dump(false)) {
		c.ids = append(c.ids, g.id)
		c.entries[g.entry]++
	}
	slices.Sort(c.ids)
	return c
}

// update returns a census of now, for a caller in goroutine me: c itself, or c
// with the caller, if nothing else can have been created since.
func (c *census) update(me func() uint64) *census {
	if c == nil {
		return takeCensus()
	}
	created, _ := counters()
	if created == c.created {
		return c
	}
	if created == c.created+1 {
		id := me()
		if i, found := slices.BinarySearch(c.ids, id); !found {
			return &census{created: created, ids: slices.Insert(slices.Clone(c.ids), i, id), entries: c.entries}
		}
	}
	return takeCensus()
}

func (c *census) has(id uint64) bool {
	if c == nil {
		return false
	}
	_, found := slices.BinarySearch(c.ids, id)
	return found
}

// excess counts the goroutines that are no harness, and not ignored, beyond as many
// of each function as are known and as the census, nil for none, has counted.
func (f *filter) excess(groups []group, base *census) int {
	allowed := maps.Clone(f.known)
	if allowed == nil {
		allowed = make(map[string]int)
	}
	if base != nil {
		for entry, n := range base.entries {
			allowed[entry] += n
		}
	}
	n := 0
	for _, g := range groups {
		entry := g.entry()
		if harness(entry) || g.looks() || f.ignores(g.functions...) {
			continue
		}
		over := g.count - allowed[entry]
		allowed[entry] = max(-over, 0)
		n += max(over, 0)
	}
	return n
}
