package procx

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/surefoot-go/surefoot/internal/goroutine"
)

// harness reports whether the goroutine is never a leak. Only the main goroutine has no creator.
func harness(g *goroutine.Goroutine) bool {
	return g.Creator == "" || harnessFunc(cmp.Or(g.Entry, g.Creator))
}

// leaks returns list without the goroutines that the options exclude.
func (f *filter) leaks(list []goroutine.Goroutine) []goroutine.Goroutine {
	if !f.lenient() {
		return list
	}
	var names goroutine.Namer
	site := func(g *goroutine.Goroutine) string {
		entry, creator := names.Source(g)
		for _, name := range []string{g.Entry, entry, creator} {
			if _, ok := f.known[name]; ok {
				return name
			}
		}
		return g.Creator
	}
	count := make(map[string]int)
	list = slices.DeleteFunc(list, func(g goroutine.Goroutine) bool {
		if f.since.covers(&g) || len(f.ignore) > 0 && (f.ignores(names.Functions(&g)...) || f.quotes(g.Functions())) {
			return true
		}
		count[site(&g)]++
		return false
	})
	return slices.DeleteFunc(list, func(g goroutine.Goroutine) bool {
		most, ok := f.known[site(&g)]
		return ok && count[site(&g)] <= most
	})
}

// summarize counts equal goroutines as one leak each, most numerous first.
func summarize(list []goroutine.Goroutine) []Leak {
	var leaks []Leak
	index := make(map[string]int)
	var key []byte
	var names goroutine.Namer
	for i := range list {
		g := &list[i]
		entry, creator := names.Source(g)
		key = appendSignature(append(append(key[:0], entry...), creator...), g)
		at, ok := index[string(key)]
		if !ok {
			at = len(leaks)
			index[string(key)] = at
			leaks = append(leaks, leakOf(g, entry, creator))
		}
		leaks[at].Count++
		leaks[at].Waited = max(leaks[at].Waited, g.Waited)
	}
	slices.SortStableFunc(leaks, func(a, b Leak) int { return b.Count - a.Count })
	return leaks
}

// leakOf copies the strings that it keeps; otherwise a Finding would retain the whole dump. The
// names are those of the source.
func leakOf(g *goroutine.Goroutine, entry, creator string) Leak {
	l := Leak{Function: strings.Clone(cmp.Or(entry, creator)), CreatedBy: strings.Clone(creator), File: strings.Clone(g.Site),
		State: strings.Clone(g.State), Certain: g.Certain(), Stack: strings.Clone(g.Unlabelled())}
	if i := strings.LastIndexByte(l.File, ':'); i >= 0 {
		if line, err := strconv.Atoi(l.File[i+1:]); err == nil {
			l.File, l.Line = l.File[:i], line
		}
	}
	return l
}

// appendSignature appends what similar goroutines have in common: everything except their ID,
// labels, wait time, arguments and addresses. The line of each call also identifies its function.
func appendSignature(b []byte, g *goroutine.Goroutine) []byte {
	b = append(b, g.State...)
	b = strconv.AppendBool(b, g.Leaked)
	for rest := g.Text; rest != ""; {
		var line string
		line, rest, _ = strings.Cut(rest, "\n")
		if line != "" && line[0] == '\t' {
			b = append(b, goroutine.Place(line)...)
		}
	}
	return b
}

// String describes the leak in one or two lines: the number, function and state of the goroutines,
// and where they were started.
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

// report returns the text of a failed check.
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
	if slices.ContainsFunc(leaks, func(l Leak) bool { return isPooled(l.Function) }) {
		b.WriteString(poolHint)
	}
	return b.String()
}

const poolHint = "\n\nhint: a pool keeps connections for later requests. Close the pool (CloseIdleConnections, or DB.Close), " +
	"or name an http.Transport in Options.CloseIdle. A response body that is not closed also keeps its connection."

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}
