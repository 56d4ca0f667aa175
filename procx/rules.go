package procx

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/surefoot-go/surefoot/internal/goroutine"
)

const defaultSettle = 2 * time.Second

// A filter holds validated Options.
type filter struct {
	settle time.Duration
	soon   bool // stop waiting early if nothing changes
	ignore []string
	known  map[string]int
	since  *Baseline
	idle   []interface{ CloseIdleConnections() }
}

func (o *Options) filter() (*filter, error) {
	if o == nil {
		o = &Options{}
	}
	f := &filter{settle: o.Settle, ignore: slices.Clone(o.Ignore), known: maps.Clone(o.Known), since: o.Since}
	if f.settle == 0 {
		f.settle, f.soon = defaultSettle, true
	}
	for i, name := range o.Ignore {
		if strings.Trim(name, "./") == "" {
			return nil, fmt.Errorf("procx: Options.Ignore[%d] is %q: name a function, a type or a package", i, name)
		}
	}
	for name, n := range o.Known {
		if name == "" || n < 0 {
			return nil, fmt.Errorf("procx: Options.Known[%q] is %d: give a function's name and how many of it may stay", name, n)
		}
	}
	if t, ok := http.DefaultTransport.(interface{ CloseIdleConnections() }); ok {
		f.idle = append(f.idle, t)
	}
	for i, t := range o.CloseIdle {
		if t == nil {
			return nil, fmt.Errorf("procx: Options.CloseIdle[%d] is nil", i)
		}
		f.idle = append(f.idle, t)
	}
	return f, nil
}

// lenient reports whether goroutines other than the harness are ignored. A cheap look can't decide
// that, since it does not see the creator of a goroutine.
func (f *filter) lenient() bool { return len(f.ignore)+len(f.known) > 0 || f.since != nil }

// ignores reports whether one of the functions is to be ignored.
func (f *filter) ignores(functions ...string) bool {
	return slices.ContainsFunc(f.ignore, func(pattern string) bool {
		return slices.ContainsFunc(functions, func(name string) bool { return matches(pattern, name) })
	})
}

// quotes reports whether one of the functions is to be ignored under its name in the stack trace,
// which may differ from that in the source.
func (f *filter) quotes(functions []string) bool {
	return slices.ContainsFunc(functions, func(name string) bool { return slices.Contains(f.ignore, name) })
}

// relevant returns groups without those that are to be ignored, if their names are certainly those
// of the source.
func (f *filter) relevant(groups []group) []group {
	if len(f.ignore) == 0 {
		return groups
	}
	return slices.DeleteFunc(groups, func(g group) bool {
		return slices.ContainsFunc(g.functions, func(name string) bool { return !goroutine.Renamed(name) && f.ignores(name) })
	})
}

func (f *filter) closeIdle() {
	for _, t := range f.idle {
		t.CloseIdleConnections()
	}
}

// matches reports whether pattern names the function, or its type, its package or a tree of
// packages ("path/...") that contains it. The package may be given by its import path or as printed
// in a stack trace.
func matches(pattern, function string) bool {
	if strings.Contains(function, "%") {
		pkg := goroutine.Package(function)
		if path, err := url.PathUnescape(pkg); err == nil && strings.HasPrefix(pattern, path) {
			pattern = pkg + pattern[len(path):]
		}
	}
	if tree, ok := strings.CutSuffix(pattern, "/..."); ok {
		rest, ok := strings.CutPrefix(function, tree)
		return ok && rest != "" && (rest[0] == '/' || rest[0] == '.')
	}
	rest, ok := strings.CutPrefix(function, pattern)
	return ok && (rest == "" || rest[0] == '.' || rest[0] == '[')
}

// harnessFunc reports whether a goroutine that runs this function belongs to the runtime or the
// test harness: testing with its benchmarks, subtests and bubbles, the fuzzer, the CPU profile, the
// execution trace.
func harnessFunc(entry string) bool {
	if entry == "os/signal.loop" || entry == "main.main" {
		return true
	}
	for _, prefix := range []string{"runtime.", "runtime/", "testing.", "testing/", "internal/synctest.", "internal/fuzz."} {
		if strings.HasPrefix(entry, prefix) {
			return true
		}
	}
	return false
}
