// Package procx finds what a program leaves running: goroutines that a test leaks, goroutines that
// a service piles up over months, tasks that will not end when they are told to.
//
// In a test, one line is enough, and it is right under t.Parallel: the test that fails is the one
// that leaked.
//
//	func TestServer(t *testing.T) {
//		procx.Check(t, nil) // first, so that it judges last
//		...
//	}
//
// [CheckMain] judges a whole test binary, [Find] any program at any moment, [Watch] a service for
// as long as it runs, at a share of the CPU that it keeps to. A [Group] runs named tasks and can
// say which of them will not stop, and where they hang.
//
// # What it costs
//
// The runtime counts the goroutines that it creates. Where none were, that is the verdict, in less
// than a microsecond. Otherwise a look is a goroutine profile, which stops the world for
// microseconds, however many goroutines there are. Only when there is something to report are full
// stacks taken, which stop the world for as long as it takes to write them.
//
// # Whose goroutine is it?
//
// Check labels the goroutine that calls it (see [runtime/pprof.Do]), and every goroutine below it
// inherits the label, even when those between have ended. Code that replaces its goroutine's labels
// loses that one too: then the goroutine that created it tells, if it is still there; and in a test
// that runs alone everything new is the test's. What cannot be laid at a parallel test's door is
// not, and is left to CheckMain.
//
// A label says who dialled a connection, not who uses it. While other tests run, the
// goroutines of pools (net/http's and database/sql's) are left to CheckMain as well, if
// their connection is idle or may be in another test's hands. A response body that the
// test forgot to close is found: Go 1.27 can prove that no goroutine can reach it; Go 1.26
// takes it for the test's if no other goroutine reads a body. A test that runs alone
// answers for the idle connections of its transports: close them, or name them in
// Options.CloseIdle.
//
// Never reported are the goroutines of the testing package, of fuzzing, tracing and profiling, of
// the runtime, and the one that serves [os/signal.Notify]. Timers and standard contexts have none.
//
// # Systems
//
// Nothing in this package differs between systems.
package procx

import (
	"fmt"
	"net/http"
	"os"
	"time"
)

// A TB is what Check needs of a [testing.TB].
type TB interface {
	Helper()
	Name() string
	Errorf(format string, args ...any)
	Cleanup(func())
}

// Options sets what does not count as a leak, and how long to wait. A nil *Options is the zero
// value.
type Options struct {
	// Settle is how long goroutines get to end before they are leaks. Only a verdict that fails
	// takes that long. Zero is two seconds at most: half a second in which nothing changes about
	// them and none of them sleeps is enough, and less if their states show that they can never
	// end. A negative Settle takes one look and doesn't wait.
	Settle time.Duration

	// Ignore names goroutines that are not leaks, by a function on their stack or the one that
	// created them, as a stack trace prints it: "net/http.(*persistConn).readLoop". A type's or a
	// package's name stands for all that is in it, and "example.com/mod/..." for the packages below
	// a path. A package's path may be the one to import it by: a stack trace prints
	// gopkg.in/yaml.v3 as gopkg.in/yaml%2ev3.
	//
	// It is the function of the source, whatever the compiler has inlined into what: a literal in
	// (*Pool).start is (*Pool).start.func1, also where Go 1.26 calls it
	// main.New.(*Pool).start.func7.
	//
	// To pass over a function's own goroutines, and not those of all that it starts, use Known,
	// with the function that they run and a number.
	Ignore []string

	// Known says how many goroutines of an entry function are not leaks: the four workers of a pool
	// that is never closed, but not five. The key is Leak.Function, or Leak.CreatedBy for all that
	// a function starts. More of them than that are reported together.
	Known map[string]int

	// Since is what Now has returned: goroutines that ran then are not leaks. A Check needs it only
	// for those that its own test has started before.
	Since *Baseline

	// CloseIdle are transports whose idle connections are closed, as those of http.DefaultTransport
	// are, before their goroutines count as leaks.
	CloseIdle []*http.Transport
}

// A Leak is one goroutine that was left running, or several equal ones.
//
// What starts goroutines for others, such as [sync.WaitGroup.Go], an errgroup or a Group, is looked
// through: Function is the one that it was given, and File and Line are where that is, because its
// go statement is inside the group.
type Leak struct {
	Function  string        // that the goroutine runs
	CreatedBy string        // the function with the go statement
	File      string        // with the go statement
	Line      int           // of the go statement
	Count     int           // of goroutines with the same stack, state and creator
	State     string        // as in a stack trace: "chan receive", "select", "IO wait"
	Waited    time.Duration // at least, in whole minutes: the runtime keeps no more
	Certain   bool          // proved that it can never go on
	Stack     string        // of one of them, in full
}

// Check fails t if goroutines that t started are still running when t ends. It notes what runs now,
// and judges in a [testing.T.Cleanup]: those run in reverse order, so a test calls Check first. A
// test and its subtests may each call it. Mistaken options fail t at once.
//
// Until then the calling goroutine carries the profiler labels procx.check and procx.test instead
// of what it had. While full stacks are taken for a verdict, the process's GODEBUG has
// tracebacklabels=1.
//
// A leak is Certain if it waits for a nil channel or in an empty select, or if the runtime's leak
// profile says so: the collector has proved that nothing can reach what it waits for. Go 1.26 has
// that profile if built with GOEXPERIMENT=goroutineleakprofile; it costs a garbage collection,
// before a report only. Without a proof it is a goroutine that did not end in time.
func Check(t TB, o *Options) {
	t.Helper()
	f, err := o.filter()
	if err != nil {
		t.Errorf("%v", err)
		return
	}
	c := begin(t.Name(), f)
	t.Cleanup(func() {
		t.Helper()
		if leaks := c.end(); len(leaks) > 0 {
			t.Errorf("%s", report(t.Name(), leaks))
		}
	})
}

// CheckMain runs the tests of m, a [testing.M], and returns the exit code for them. If they pass,
// but leave goroutines running that were not there before, it reports them on standard error and
// the code is 1.
//
//	func TestMain(m *testing.M) { os.Exit(procx.CheckMain(m, nil)) }
//
// It finds what a Check leaves open, such as goroutines whose parallel test is no longer known.
// Mistaken options are reported, with code 2, before any test.
func CheckMain(m interface{ Run() int }, o *Options) int {
	f, err := o.filter()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	before := takeCensus(look)
	if f.since != nil {
		before = f.since.census
	}
	if code := m.Run(); code != 0 {
		return code
	}
	if left := settle(&process{filter: f, base: before}, f, before.old()); len(left) > 0 {
		fmt.Fprintln(os.Stderr, report("the tests", summarize(left)))
		return 1
	}
	return 0
}

// Find returns the goroutines of this process, other than the main one, the caller's and those that
// are never reported, most numerous first. It waits for them to end as Settle says. Nil means that
// there are none.
//
// In a service most of what it returns works as intended: see [Watch] for what grows. An error says
// what is wrong with the options.
func Find(o *Options) ([]Leak, error) {
	f, err := o.filter()
	if err != nil {
		return nil, err
	}
	base, old := &census{ids: map[uint64]bool{}}, -1
	if f.since != nil {
		if f.since.idle() {
			return nil, nil
		}
		base = f.since.census
		old = base.old()
	}
	return summarize(settle(&process{filter: f, base: base}, f, old)), nil
}
