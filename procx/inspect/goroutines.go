package inspect

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/surefoot-go/surefoot/internal/goroutine"
)

// group is the set of goroutines started by one line.
type group struct {
	Entry   string // the function that the goroutine runs
	Creator string // the function with the go statement; empty for main
	Site    string // its file and line
	Count   int
	Oldest  time.Duration // the longest wait so far, in whole minutes
	States  []state       // by count
	Stack   string        // of the one that waits longest
	states  map[string]int
}

type state struct {
	Name  string
	Count int
}

// groupStacks groups the goroutines of a dump by runtime.Stack, most numerous first.
func groupStacks(dump string) []*group {
	groups := map[[2]string]*group{}
	var names goroutine.Namer
	for _, g := range goroutine.Parse(dump) {
		g.Entry, g.Creator = names.Source(&g)
		key := [2]string{g.Entry, cmp.Or(g.Site, g.Creator)} // an inlined creator has other names
		in := groups[key]
		if in == nil {
			in = &group{Entry: cmp.Or(g.Entry, g.Creator), Creator: g.Creator, Site: g.Site, Oldest: -1, states: map[string]int{}}
			groups[key] = in
		}
		in.Count++
		state, _, _ := strings.Cut(g.State, ", ") // without "locked to thread"
		in.states[state]++
		if g.Waited > in.Oldest {
			in.Oldest, in.Stack = g.Waited, g.Text
		}
	}
	return ordered(maps.Values(groups))
}

// ordered completes and sorts groups.
func ordered(groups func(func(*group) bool)) []*group {
	list := slices.SortedFunc(groups, func(a, b *group) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(b.Oldest, a.Oldest), cmp.Compare(a.Entry, b.Entry), cmp.Compare(a.Site, b.Site))
	})
	for _, g := range list {
		for name, count := range g.states {
			g.States = append(g.States, state{name, count})
		}
		slices.SortFunc(g.States, func(a, b state) int {
			return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Name, b.Name))
		})
	}
	return list
}

// groupProfile groups the goroutines of a goroutine profile by function. A profile contains neither
// creators nor wait times, but it pauses the program for only a thousandth of the time of a dump.
func groupProfile(p *profile) []*group {
	groups := map[string]*group{}
	functions := p.functionNames()
	for _, s := range p.samples {
		if len(s.values) == 0 || len(s.locations) == 0 {
			continue
		}
		var names []string
		for _, id := range s.locations {
			names = append(names, functions[id]...)
		}
		entry := ""
		for _, name := range slices.Backward(names) {
			if entry = name; !goroutine.Scaffold(name) {
				break
			}
		}
		in := groups[entry]
		if in == nil {
			in = &group{Entry: entry, Oldest: -1, states: map[string]int{}, Stack: strings.Join(names, "\n") + "\n"}
			groups[entry] = in
		}
		in.Count += int(s.values[0])
	}
	return ordered(maps.Values(groups))
}
