package procx

import (
	"context"
	"runtime/pprof"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// The labels of the goroutines below a Check.
const (
	checkLabel = "procx.check" // the Check's number
	testLabel  = "procx.test"  // the test's name, for those who read profiles
)

// checks is what the Checks of a process have to know of each other.
var checks struct {
	sync.Mutex
	number   uint64
	census   *census         // the newest
	test     string          // at whose beginning or end that was taken
	reported map[uint64]bool // goroutines that a Check has reported
}

// A check is the scope of a Check.
type check struct {
	*filter
	test  string
	label string  // its number
	base  *census // as it began
	now   *census // as of the last look
	extra tally   // in now, beyond base
}

func begin(t TB, f *filter) *check {
	c := &check{filter: f, test: t.Name()}
	checks.Lock()
	checks.number++
	c.label = strconv.FormatUint(checks.number, 10)
	if !reuseCensus(t) {
		checks.census, _ = takeCensus()
		checks.test = c.test
	}
	c.base = checks.census
	checks.Unlock()
	labels := pprof.Labels(checkLabel, c.label, testLabel, c.test)
	pprof.SetGoroutineLabels(pprof.WithLabels(context.Background(), labels))
	return c
}

// reuseCensus says whether the newest census is of now: nothing was created since,
// or one goroutine, which is t's own. It is that of a testing.T which has come since:
// not the test of that census, and not one of which that was a subtest.
func reuseCensus(t TB) bool {
	if checks.census == nil {
		return false
	}
	created, _ := counters()
	if created == checks.census.created {
		return true
	}
	_, isT := t.(interface{ Parallel() })
	if created != checks.census.created+1 || !isT || strings.HasPrefix(checks.test+"/", t.Name()+"/") {
		return false
	}
	checks.census = &census{created, checks.census.tally}
	return true
}

// end returns the leaks, and takes the label off.
func (c *check) end() []Leak {
	defer pprof.SetGoroutineLabels(context.Background())
	if created, _ := counters(); created == c.base.created {
		return nil
	}
	left := settle(c, c.filter)
	checks.Lock()
	defer checks.Unlock()
	if c.now.created > checks.census.created {
		checks.census, checks.test = c.now, c.test
	}
	for _, g := range left {
		if checks.reported == nil {
			checks.reported = make(map[uint64]bool)
		}
		checks.reported[g.id] = true
	}
	return summarize(left)
}

// suspects counts those with this Check's label. Of those that have no Check's
// label it can only tell how many more there are than before.
func (c *check) suspects() (n int, unsure bool) {
	now, groups := takeCensus()
	mine := slices.DeleteFunc(groups, func(g group) bool {
		return labelOf(g.labels, checkLabel) != c.label || c.ignores(g.functions...)
	})
	n = tallyOf(mine).beyond(c.known).total()
	c.now, c.extra = now, now.tally.beyond(c.base.tally)
	return n + c.extra.total(), n == 0 || c.lenient()
}

// inspect finds those with this Check's label; and of those with none, which are new,
// those that the test, or one of the former, has started. In a test that runs alone, it
// has started all.
func (c *check) inspect() []goroutine {
	all := parseDump(dump(true))
	family := newFamily(all)
	me := self()
	mine := func(g *goroutine) bool { return g.id == me || labelOf(g.labels, checkLabel) == c.label }
	checks.Lock()
	defer checks.Unlock()
	var left, nobodys []goroutine
	for _, g := range all {
		switch {
		case g.id == me || g.harness() || checks.reported[g.id]:
		case mine(&g):
			left = append(left, g)
		case labelOf(g.labels, checkLabel) == "":
			nobodys = append(nobodys, g)
		}
	}
	alone := family.runsAlone(me)
	for _, g := range c.extra.newest(nobodys) {
		if alone || family.descends(&g, mine) {
			left = append(left, g)
		}
	}
	return c.leaks(left)
}

// labelOf returns the value of a label from a list like "k": "v", "k":"v", with
// which both kinds of dumps show them; "" if it is not there or not a number.
func labelOf(labels, key string) string {
	_, rest, ok := strings.Cut(labels, `"`+key+`":`)
	if !ok {
		return ""
	}
	value, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(rest, " "), `"`), `"`)
	return value
}

// A family is the goroutines of a dump, by who created whom.
type family map[uint64]*goroutine

func newFamily(all []goroutine) family {
	f := make(family, len(all))
	for i := range all {
		f[all[i].id] = &all[i]
	}
	return f
}

// descends says whether an ancestor of g that is still there is the one. IDs are
// never reused.
func (f family) descends(g *goroutine, is func(*goroutine) bool) bool {
	for seen := 0; seen < len(f); seen++ {
		if g = f[g.parent]; g == nil {
			return false
		}
		if is(g) {
			return true
		}
	}
	return false
}

// runsAlone says whether the goroutine is that of a test that no other test runs
// beside, or of none at all. A parent waits for a subtest in T.Run, but for those that
// called Parallel at the end of its own tRunner.
func (f family) runsAlone(id uint64) bool {
	g := f[id]
	for seen := 0; g != nil && seen <= len(f); seen++ {
		if g.creator == "" {
			return true
		}
		parent := f[g.parent]
		if !harness(g.creator) || parent == nil || strings.Contains(parent.text, "\ntesting.tRunner.func1(") {
			return false
		}
		g = parent
	}
	return false
}
