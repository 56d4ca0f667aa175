package procx

import (
	"context"
	"runtime/pprof"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/surefoot-go/surefoot/internal/goroutine"
)

// The labels of goroutines started below a Check.
const (
	checkLabel = "procx.check" // the Check's number
	testLabel  = "procx.test"  // the test's name, for readers of profiles
)

// checks is the state shared by all Checks of a process.
var checks struct {
	sync.Mutex
	number   uint64
	census   *census         // the newest one that a Check started with
	reported map[uint64]bool // goroutines that a Check has reported
	open     map[string]bool // the numbers of those that have not ended
}

// A check is the scope of a Check.
type check struct {
	*filter
	label string  // its number
	base  *census // taken at the start
	extra tally   // possible goroutines beyond base, as of the last look
}

func begin(test string, f *filter) *check {
	checks.Lock()
	defer checks.Unlock()
	if checks.census == nil || !checks.census.holds(counters()) {
		checks.census = takeCensus(func() []group { return labelled(lookLabels(), "") })
	}
	checks.number++
	c := &check{filter: f, label: strconv.FormatUint(checks.number, 10), base: checks.census}
	if checks.open == nil {
		checks.open = make(map[string]bool)
	}
	checks.open[c.label] = true
	labels := pprof.Labels(checkLabel, c.label, testLabel, test)
	pprof.SetGoroutineLabels(pprof.WithLabels(context.Background(), labels))
	return c
}

// end returns the leaks and removes the label.
func (c *check) end() []Leak {
	defer func() {
		pprof.SetGoroutineLabels(context.Background())
		checks.Lock()
		defer checks.Unlock()
		delete(checks.open, c.label)
	}()
	if created, _ := counters(); created == c.base.created {
		return nil
	}
	left := settle(c, c.filter, c.base.old())
	if len(left) == 0 {
		return nil
	}
	remember(left)
	return summarize(left)
}

// remember records goroutines as reported, for enclosing and later Checks.
func remember(left []goroutine.Goroutine) {
	checks.Lock()
	defer checks.Unlock()
	if checks.reported == nil {
		checks.reported = make(map[uint64]bool)
	}
	for _, g := range left {
		checks.reported[g.ID] = true
	}
}

// suspects counts the goroutines with this Check's label. unsure is true if unlabelled goroutines
// may be new.
func (c *check) suspects() (n int, unsure bool, p picture) {
	groups := lookLabels()
	own := c.relevant(labelled(groups, c.label))
	n = tallyOf(own).beyond(c.known).total()
	c.extra = c.base.suspects(tallyOf(labelled(groups, "")))
	pooled := slices.ContainsFunc(own, func(g group) bool { return isPooled(g.entry()) })
	return n + c.extra.total(), c.extra[unnamed] == 0 && (n == 0 || c.lenient() || pooled), pictureOf(own, c.extra)
}

// inspect returns the goroutines with this Check's label, plus new unlabelled goroutines descended
// from the test or from one of those. If no other test is running, every new unlabelled goroutine
// is attributed to it.
func (c *check) inspect(final bool) []goroutine.Goroutine {
	all := goroutine.Parse(dump(true))
	family := newFamily(all)
	me := self()
	mine := func(g *goroutine.Goroutine) bool { return g.ID == me || checkOf(g) == c.label }
	checks.Lock()
	defer checks.Unlock()
	var left, unlabelled []goroutine.Goroutine
	for _, g := range all {
		switch {
		case g.ID == me || harness(&g):
		case mine(&g):
			left = append(left, g)
		case checkOf(&g) == "":
			unlabelled = append(unlabelled, g)
		}
	}
	alone := family.runsAlone(me)
	if !alone || family.besideOthers(me) {
		p := newPool(all, mine)
		left = slices.DeleteFunc(left, func(g goroutine.Goroutine) bool { return isPooled(g.Entry) && !p.forgotten(&g, final) })
	}
	left = append(left, c.base.since(c.extra, unlabelled, func(g *goroutine.Goroutine) bool {
		return !checks.reported[g.ID] && (alone || family.descends(g, mine))
	})...)
	return c.leaks(left)
}

// checkOf returns the number of the Check that the goroutine belongs to, or "".
func checkOf(g *goroutine.Goroutine) string {
	number, _ := g.Label(checkLabel)
	return number
}

// A family holds the goroutines of a dump by ID, for following their creators.
type family map[uint64]*goroutine.Goroutine

func newFamily(all []goroutine.Goroutine) family {
	f := make(family, len(all))
	for i := range all {
		f[all[i].ID] = &all[i]
	}
	return f
}

// descends reports whether is returns true for a live ancestor of g. IDs are never reused.
func (f family) descends(g *goroutine.Goroutine, is func(*goroutine.Goroutine) bool) bool {
	for seen := 0; seen < len(f); seen++ {
		if g = f[g.Parent]; g == nil {
			return false
		}
		if is(g) {
			return true
		}
	}
	return false
}

// besideOthers reports whether there are goroutines below a Check other than that of the given
// goroutine.
func (f family) besideOthers(id uint64) bool {
	within := map[string]bool{"": true}
	for g, seen := f[id], 0; g != nil && seen <= len(f); g, seen = f[g.Parent], seen+1 {
		within[checkOf(g)] = true
	}
	for _, g := range f {
		if !within[checkOf(g)] && checks.open[checkOf(g)] {
			return true
		}
	}
	return false
}

// runsAlone reports whether the goroutine belongs to the only running test, or to none. A parent
// test waits for a subtest in T.Run, or, for subtests that called Parallel, at the end of its own
// tRunner.
func (f family) runsAlone(id uint64) bool {
	g := f[id]
	for seen := 0; g != nil && seen <= len(f); seen++ {
		if g.Creator == "" {
			return true
		}
		parent := f[g.Parent]
		if !harnessFunc(g.Creator) || parent == nil || strings.Contains(parent.Text, "\ntesting.tRunner.func1(") {
			return false
		}
		g = parent
	}
	return false
}
