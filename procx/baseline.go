package procx

import "github.com/surefoot-go/surefoot/internal/goroutine"

// A Baseline is the goroutines that ran at one moment. It may be used by several calls, at the same
// time too.
type Baseline struct{ census *census }

// Now returns the goroutines that are running, for Options.Since.
//
//	before := procx.Now()
//	...
//	leaks, err := procx.Find(&procx.Options{Since: before})
//
// It takes the stacks of all goroutines, which stops the world for as long as it takes to write
// them: 6 ms for 1,000 goroutines or so.
func Now() *Baseline {
	created, live := counters()
	c := &census{created: created, live: live, ids: make(map[uint64]bool)}
	all := goroutine.Parse(dump(false))
	c.tally = make(tally)
	for i := range all {
		g := &all[i]
		c.ids[g.ID] = true
		if i > 0 && !harness(g) { // the first is the caller
			c.tally[g.Entry]++
		}
	}
	return &Baseline{census: c}
}

// covers reports whether the goroutine ran already.
func (b *Baseline) covers(g *goroutine.Goroutine) bool { return b != nil && b.census.ids[g.ID] }

// idle reports whether nothing has been created since.
func (b *Baseline) idle() bool {
	if b == nil {
		return false
	}
	created, _ := counters()
	return created == b.census.created
}
