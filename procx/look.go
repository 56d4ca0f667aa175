package procx

import (
	"bytes"
	"runtime"
	"runtime/pprof"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/surefoot-go/surefoot/internal/goroutine"
)

// thisPackage is the prefix of this package's functions in a stack trace.
const thisPackage = "github.com/surefoot-go/surefoot/procx."

// A group is the set of goroutines in a profile that have the same stack and labels.
type group struct {
	count     int
	labels    string   // "k":"v", "k":"v"
	functions []string // innermost first
	cut       bool     // the stack is so deep that the profile lacks its outer end
}

// entry returns the function that the goroutines run, or, if the stack was cut, its outermost known
// function.
func (g *group) entry() string {
	for i := len(g.functions) - 1; i >= 0; i-- {
		if !goroutine.Scaffold(g.functions[i]) {
			return g.functions[i]
		}
	}
	return ""
}

// check returns the number of the Check that the goroutines belong to, or "".
func (g *group) check() string {
	number, _ := goroutine.Label(g.labels, checkLabel)
	return number
}

// looks reports whether these goroutines are taking this profile or another one. It returns false
// for a Watcher, which may itself be a leak.
func (g *group) looks() bool {
	if g.entry() == thisPackage+"(*Watcher).run" {
		return false
	}
	return slices.Contains(g.functions, thisPackage+"look") || slices.Contains(g.functions, thisPackage+"lookLabels")
}

// A lens holds the buffers of look for reuse. Without them, a look at 10,000 goroutines would leave
// 2.5 MB of garbage. The zero value is ready to use.
type lens struct {
	records []runtime.StackRecord
	seen    map[[32]uintptr]int
}

// lenses holds the lenses of occasional calls. Garbage collection frees unused ones.
var lenses = sync.Pool{New: func() any { return new(lens) }}

// look returns the goroutines grouped by stack, without their labels. It is the cheapest way to
// look: the world stops for a few microseconds, whatever the number of goroutines.
//
//go:noinline
func look() []group {
	l := lenses.Get().(*lens)
	defer lenses.Put(l)
	return l.look()
}

func (l *lens) look() []group {
	if want := runtime.NumGoroutine() + 10; len(l.records) < want {
		l.records = make([]runtime.StackRecord, want+want/8)
	}
	n, ok := runtime.GoroutineProfile(l.records)
	for ; !ok; n, ok = runtime.GoroutineProfile(l.records) {
		l.records = make([]runtime.StackRecord, n+n/8+10)
	}
	if l.seen == nil {
		l.seen = make(map[[32]uintptr]int)
	}
	defer clear(l.seen)
	var groups []group
	last := -1 // equal ones are often adjacent
	for i := range l.records[:n] {
		r := &l.records[i]
		if last >= 0 && r.Stack0 == l.records[i-1].Stack0 {
			groups[last].count++
			continue
		}
		at, ok := l.seen[r.Stack0]
		if !ok {
			at = len(groups)
			l.seen[r.Stack0] = at
			stack := r.Stack()
			groups = append(groups, group{functions: functionsOf(stack), cut: len(stack) == len(r.Stack0)})
		}
		groups[at].count++
		last = at
	}
	return groups
}

func functionsOf(stack []uintptr) []string {
	list := make([]string, 0, len(stack))
	for frames := runtime.CallersFrames(stack); ; {
		frame, more := frames.Next()
		if frame.Function != "" {
			list = append(list, frame.Function)
		}
		if !more {
			return list
		}
	}
}

// lookLabels returns the goroutines grouped by stack and labels. It takes two or three times as
// long as look, but does not stop the world for longer.
//
//go:noinline
func lookLabels() []group {
	var buf bytes.Buffer
	_ = pprof.Lookup("goroutine").WriteTo(&buf, 1) // a Buffer doesn't fail
	return parseProfile(buf.String())
}

// provedLeaks runs the runtime's leak detection, if the program has it, and returns the goroutines
// that it proves to be leaks. Later stack dumps mark them too.
func provedLeaks() []group {
	p := leakProfile()
	if p == nil {
		return nil
	}
	var buf bytes.Buffer
	_ = p.WriteTo(&buf, 1) // a Buffer doesn't fail
	return parseProfile(buf.String())
}

// leakProfile returns nil in a program that was built without leak detection.
func leakProfile() *pprof.Profile { return pprof.Lookup("goroutineleak") }

// profileDepth is the depth at which runtime/pprof profiles cut a stack, unless
// GODEBUG=profstackdepth overrides it.
const profileDepth = 128

// parseProfile parses the text that the runtime's profiles have with debug=1:
//
//	goroutine profile: total 3
//	2 @ 0x43e6c5 0x40a1dc 0x49b8f4
//	# labels: {"k":"v"}
//	#	0x49b8f3	main.leak+0x33	/src/main.go:12
//
// It skips lines that it can't parse.
func parseProfile(text string) []group {
	var groups []group
	for paragraph := range strings.SplitSeq(text, "\n\n") {
		var g group
		for line := range strings.SplitSeq(paragraph, "\n") {
			if labels, ok := strings.CutPrefix(line, "# labels: {"); ok {
				g.labels = strings.TrimSuffix(labels, "}")
			} else if frame, ok := strings.CutPrefix(line, "#\t"); ok {
				if f := strings.Split(frame, "\t"); len(f) > 1 {
					name, _, _ := strings.Cut(f[1], "+0x")
					g.functions = append(g.functions, name)
				}
			} else if count, stack, ok := strings.Cut(line, " @"); ok {
				g.count, _ = strconv.Atoi(count)
				g.cut = strings.Count(stack, " ") >= profileDepth
			}
		}
		if g.count > 0 {
			groups = append(groups, g)
		}
	}
	return groups
}
