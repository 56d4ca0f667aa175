package inspect

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// group is the goroutines that one line has started.
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

// groupStacks groups the goroutines of a dump by runtime.Stack, most numerous
// first.
func groupStacks(dump string) []*group {
	groups := map[[3]string]*group{}
	for text := range strings.SplitSeq(dump, "\n\n") {
		g, ok := parseGoroutine(strings.Trim(text, "\n"))
		if !ok {
			continue
		}
		key := [3]string{g.entry, g.creator, g.site}
		in := groups[key]
		if in == nil {
			in = &group{Entry: g.entry, Creator: g.creator, Site: g.site, Oldest: -1, states: map[string]int{}}
			groups[key] = in
		}
		in.Count++
		in.states[g.state]++
		if g.waited > in.Oldest {
			in.Oldest, in.Stack = g.waited, g.stack
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

// goroutine is one of a dump.
type goroutine struct {
	state                string
	waited               time.Duration
	entry, creator, site string
	stack                string
}

// parseGoroutine reads one goroutine's part of a dump:
//
//	goroutine 7 [chan receive, 5 minutes]:
//	main.work(0x1)
//		/src/main.go:12 +0x1d
//	created by main.main in goroutine 1
//		/src/main.go:8 +0x2f
func parseGoroutine(text string) (goroutine, bool) {
	header, stack, _ := strings.Cut(text, "\n")
	_, inner, ok := strings.Cut(header, "[")
	end := strings.LastIndex(inner, "]")
	if !strings.HasPrefix(header, "goroutine ") || !ok || end < 0 {
		return goroutine{}, false
	}
	g := goroutine{stack: text}
	for i, part := range strings.Split(inner[:end], ", ") {
		if i == 0 {
			g.state = part
		} else if n, ok := strings.CutSuffix(part, " minutes"); ok {
			if minutes, err := strconv.Atoi(n); err == nil {
				g.waited = time.Duration(minutes) * time.Minute
			}
		}
	}
	created := false
	for line := range strings.SplitSeq(stack, "\n") {
		switch {
		case strings.HasPrefix(line, "created by "):
			created = true
			g.creator, _, _ = strings.Cut(strings.TrimPrefix(line, "created by "), " in goroutine ")
		case created && strings.HasPrefix(line, "\t"):
			g.site, _, _ = strings.Cut(strings.TrimPrefix(line, "\t"), " +0x")
			return g, true
		case line == "" || strings.HasPrefix(line, "\t") || strings.HasPrefix(line, "..."):
		case !strings.HasPrefix(line, "runtime.goexit("): // below one that has not run yet
			g.entry = functionOf(line)
		}
	}
	return g, true
}

// functionOf cuts the arguments off a line of a stack: "main.(*T).f(0x1, ...)".
func functionOf(line string) string {
	if i := strings.LastIndexByte(line, '('); i > 0 {
		return line[:i]
	}
	return line
}

// groupProfile groups the goroutines of a goroutine profile by what they run.
// It knows neither who started them nor for how long they wait, but costs the
// program a thousandth of a dump's pause.
func groupProfile(p *profile) []*group {
	groups := map[string]*group{}
	functions := p.leafNames()
	for _, s := range p.samples {
		if len(s.values) == 0 || len(s.locations) == 0 {
			continue
		}
		var stack strings.Builder
		for _, id := range s.locations {
			stack.WriteString(functions[id] + "\n")
		}
		entry := functions[s.locations[len(s.locations)-1]]
		in := groups[entry]
		if in == nil {
			in = &group{Entry: entry, Oldest: -1, states: map[string]int{}, Stack: stack.String()}
			groups[entry] = in
		}
		in.Count += int(s.values[0])
	}
	return ordered(maps.Values(groups))
}
