package goroutine

import (
	"slices"
	"strings"
)

// procx is what the functions of that package begin with in a stack trace.
const procx = "github.com/surefoot-go/surefoot/procx."

// starters lists the functions that start goroutines on behalf of others. Readers of a stack want
// to know what was started, not by which of these.
var starters = []string{
	"sync.(*WaitGroup).Go",
	"golang.org/x/sync/errgroup.(*Group).Go",
	"golang.org/x/sync/errgroup.(*Group).TryGo",
	procx + "(*Group).start",
}

// Starter reports whether a function starts goroutines for others.
func Starter(function string) bool { return slices.Contains(starters, function) }

// Scaffold reports whether a function is only the outer end of a stack: the runtime's, which an
// iter.Pull has too, or a starter's.
func Scaffold(function string) bool {
	switch function {
	case "runtime.goexit", "runtime.corostart", procx + "(*Group).run":
		return true
	}
	for _, literal := range []string{".func", ".gowrap"} {
		if starter, _, ok := strings.Cut(function, literal); ok && Starter(starter) {
			return true
		}
	}
	return false
}
