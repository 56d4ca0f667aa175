package procx

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// harness says whether the goroutine is never a leak. Only the main one has no
// creator.
func (g *goroutine) harness() bool {
	return g.creator == "" || harness(cmp.Or(g.entry, g.creator))
}

// leaks returns list without what the options say is none.
func (f *filter) leaks(list []goroutine) []goroutine {
	if !f.lenient() {
		return list
	}
	site := func(g *goroutine) string {
		if _, ok := f.known[g.entry]; ok {
			return g.entry
		}
		return g.creator
	}
	count := make(map[string]int)
	list = slices.DeleteFunc(list, func(g goroutine) bool {
		if len(f.ignore) > 0 && f.ignores(g.functions()...) {
			return true
		}
		count[site(&g)]++
		return false
	})
	return slices.DeleteFunc(list, func(g goroutine) bool {
		most, ok := f.known[site(&g)]
		return ok && count[site(&g)] <= most
	})
}

// summarize counts equal goroutines as one leak each, most numerous first.
func summarize(list []goroutine) []Leak {
	var leaks []Leak
	index := make(map[string]int)
	var key []byte
	for i := range list {
		g := &list[i]
		key = g.appendSignature(key[:0])
		at, ok := index[string(key)]
		if !ok {
			at = len(leaks)
			index[string(key)] = at
			leaks = append(leaks, g.leak())
		}
		leaks[at].Count++
		leaks[at].Waited = max(leaks[at].Waited, g.waited)
	}
	slices.SortStableFunc(leaks, func(a, b Leak) int { return b.Count - a.Count })
	return leaks
}

// leak copies what it takes, or a Finding would keep the whole dump.
func (g *goroutine) leak() Leak {
	l := Leak{Function: strings.Clone(cmp.Or(g.entry, g.creator)), CreatedBy: strings.Clone(g.creator), File: strings.Clone(g.at),
		State: strings.Clone(g.state), Certain: g.certain(), Stack: strings.Clone(strings.Replace(g.text, " labels:{"+g.labels+"}", "", 1))}
	if i := strings.LastIndexByte(l.File, ':'); i >= 0 {
		if line, err := strconv.Atoi(l.File[i+1:]); err == nil {
			l.File, l.Line = l.File[:i], line
		}
	}
	return l
}

// appendSignature appends what equal goroutines have in common: all but their ID, labels
// and time, and the numbers of arguments and addresses. The line of each call tells
// its function, too.
func (g *goroutine) appendSignature(b []byte) []byte {
	b = append(append(append(b, g.state...), g.entry...), g.creator...)
	b = strconv.AppendBool(b, g.leaked)
	for rest := g.text; rest != ""; {
		var line string
		line, rest, _ = strings.Cut(rest, "\n")
		if line != "" && line[0] == '\t' {
			b = append(b, place(line)...)
		}
	}
	return b
}

// String describes the leak in a line or two: how many, what they run, in which
// state, and where they were started.
func (l Leak) String() string {
	var b strings.Builder
	if l.Count > 1 {
		b.WriteString(plural(l.Count, "goroutine") + ": ")
	}
	fmt.Fprintf(&b, "%s [%s", l.Function, l.State)
	if l.Waited > 0 {
		b.WriteString(", for " + plural(int(l.Waited.Minutes()), "minute"))
	}
	b.WriteString("]")
	if l.Certain {
		b.WriteString(", which can never go on")
	}
	fmt.Fprintf(&b, ", started by %s at %s:%d", l.CreatedBy, l.File, l.Line)
	return b.String()
}

// report is the text of a failed verdict.
func report(whose string, leaks []Leak) string {
	n := 0
	for _, l := range leaks {
		n += l.Count
	}
	var b strings.Builder
	fmt.Fprintf(&b, "procx: %s left %s running", whose, plural(n, "goroutine"))
	for _, l := range leaks {
		fmt.Fprintf(&b, "\n\n%s\n\n\t%s", l, strings.ReplaceAll(l.Stack, "\n", "\n\t"))
	}
	return b.String()
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}
