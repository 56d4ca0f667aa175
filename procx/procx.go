// Package procx finds what a program leaves running: goroutines leaked by a test, goroutines that
// pile up in a service over months, and tasks that don't end when asked to.
//
// In a test, one line is enough. It also works with t.Parallel: the test that fails is the one that
// leaked.
//
//	func TestServer(t *testing.T) {
//		procx.Check(t, nil) // first, so that it runs last
//		...
//	}
//
// [CheckMain] checks a whole test binary, [Find] checks any program at any moment, and [Watch]
// monitors a service within a limited share of the CPU. A [Group] runs named tasks and reports
// which of them don't stop, and where they hang.
//
// # What it costs
//
// The runtime counts the goroutines that it creates. If none were created, the check takes less
// than a microsecond. Otherwise it takes a goroutine profile, which stops the world for
// microseconds, however many goroutines there are. Only if there is something to report does it
// take full stacks, which stops the world while they are written.
//
// # Whose goroutine is it?
//
// Check labels the calling goroutine (see [runtime/pprof.Do]), and every goroutine started below it
// inherits the label, even if those in between have ended. If code replaces its goroutine's labels,
// the goroutine is attributed by its creator, if that is still running. In a test that runs alone,
// every new goroutine belongs to the test. A goroutine that can't be attributed to a parallel test
// is left to CheckMain.
//
// A label identifies the test that dialled a connection, not the one that uses it. While other
// tests are running, the goroutines of pools (net/http's and database/sql's) are also left to
// CheckMain if their connection is idle or may be used by another test. Check does find a response
// body that the test forgot to close: Go 1.27 can prove that no goroutine can reach it; with Go
// 1.26 it is attributed to the test if no other goroutine is reading a body. A test that runs alone
// is responsible for the idle connections of its transports: close them, or list the transports in
// Options.CloseIdle.
//
// The goroutines of the testing package, of fuzzing, tracing and profiling, of the runtime, and of
// [os/signal.Notify] are never reported. Timers and standard contexts have no goroutines.
//
// # Systems
//
// This package works the same on all systems.
package procx

import (
	"fmt"
	"net/http"
	"os"
	"time"
)

// A TB holds the methods of [testing.TB] that Check needs.
type TB interface {
	Helper()
	Name() string
	Errorf(format string, args ...any)
	Cleanup(func())
}

// Options determines what does not count as a leak, and how long to wait. A nil *Options means the
// zero value.
type Options struct {
	// Settle is the time that goroutines have to end before they count as leaks. Only a failing
	// check takes that long. Zero means at most two seconds: half a second is enough if nothing
	// changes about the goroutines and none of them sleeps, and less if their states show that they
	// can never end. If Settle is negative, the check looks once and doesn't wait.
	Settle time.Duration

	// Ignore names goroutines that are not leaks, by a function on their stack or the one that
	// created them, as a stack trace prints it: "net/http.(*persistConn).readLoop". The name of a
	// type or package stands for everything in it, and "example.com/mod/..." for all packages below
	// a path. A package's import path works too, although a stack trace prints gopkg.in/yaml.v3 as
	// gopkg.in/yaml%2ev3.
	//
	// Functions are named as in the source, regardless of inlining: a function literal in
	// (*Pool).start is (*Pool).start.func1, even if Go 1.26 calls it main.New.(*Pool).start.func7.
	//
	// To ignore only goroutines that run a function, and not those that it starts, use Known with
	// that function and a number.
	Ignore []string

	// Known is the number of goroutines per entry function that are not leaks: for example four
	// workers of a pool that is never closed, but not five. The key is Leak.Function, or
	// Leak.CreatedBy for all goroutines that a function starts. If there are more, all of them are
	// reported together.
	Known map[string]int

	// Since is a result of Now: goroutines that were running then are not leaks. A Check needs it
	// only for goroutines that its own test has started before.
	Since *Baseline

	// CloseIdle lists transports whose idle connections are closed before their goroutines count as
	// leaks. Those of http.DefaultTransport are always closed.
	CloseIdle []*http.Transport
}

// A Leak is one goroutine that was left running, or several similar ones.
//
// Functions that start goroutines on behalf of others, such as [sync.WaitGroup.Go], errgroup's or
// Group's, are skipped: Function is the function passed to them, and File and Line are its
// position, because the go statement is inside the group.
type Leak struct {
	Function  string        // the function that the goroutine runs
	CreatedBy string        // the function with the go statement
	File      string        // with the go statement
	Line      int           // of the go statement
	Count     int           // of goroutines with the same stack, state and creator
	State     string        // as in a stack trace: "chan receive", "select", "IO wait"
	Waited    time.Duration // at least, in whole minutes, as recorded by the runtime
	Certain   bool          // it is proved that it can never continue
	Stack     string        // of one of them, in full
}

// Check fails t if goroutines started by t are still running when t ends. It records the running
// goroutines now and compares in a [testing.T.Cleanup] function. Cleanup functions run in reverse
// order, so call Check first. A test and its subtests may each call it. Invalid options fail t at
// once.
//
// Until then the calling goroutine has the profiler labels procx.check and procx.test instead of
// its own. While full stacks are taken, the process's GODEBUG contains tracebacklabels=1.
//
// A leak is Certain if it waits on a nil channel or in an empty select, or if the runtime's leak
// profile contains it: the garbage collector has then proved that nothing can reach what it waits
// for. Go 1.26 has that profile if built with GOEXPERIMENT=goroutineleakprofile. It costs a garbage
// collection, only before a report. Without proof a leak is a goroutine that did not end in time.
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

// CheckMain runs the tests of m, a [testing.M], and returns their exit code. If they pass but leave
// new goroutines running, it reports these on standard error and returns 1.
//
//	func TestMain(m *testing.M) { os.Exit(procx.CheckMain(m, nil)) }
//
// It finds leaks that Check can't attribute, such as goroutines whose parallel test is no longer
// known. If the options are invalid, it reports that before running any test and returns 2.
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

// Find returns the goroutines of this process, most numerous first, except for the main one, the
// caller's and those that are never reported. It waits for them to end according to Settle. It
// returns nil if there are none.
//
// In a service most of the returned goroutines are working as intended; use [Watch] to find those
// that pile up. Find only returns an error for invalid options.
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
