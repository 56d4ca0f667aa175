package procx

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

// A WatchConfig says what a Watcher takes for a leak, and what it may cost. Zero, or less, is the
// default.
type WatchConfig struct {
	Every     time.Duration // from one round to the next; default 1 minute
	Rounds    int           // that growth has to last; default 10
	Threshold int           // goroutines by which a function has to grow within the rounds; default 20
	Rate      float64       // goroutines per minute, at least; default 1

	// CPU is the share of one core that the watcher may take, with the garbage collection that it
	// causes; default 0.001. Where rounds cost more than that, there are fewer of them: a look at
	// 100,000 goroutines, which takes 0.1 s, every 100 s.
	CPU float64

	// LeakGC also asks the runtime, every so many Rounds, for goroutines that
	// it can prove to leak. A single one is a finding then. It costs a garbage
	// collection, and counts towards CPU. Go 1.26 can do it in programs built
	// with GOEXPERIMENT=goroutineleakprofile; others log once that they can't.
	LeakGC bool

	Logger    *slog.Logger  // gets each finding as a warning; default slog.Default()
	OnFinding func(Finding) // called for each, by the watcher's goroutine; its time is not counted
}

// A Finding is a function of which more and more goroutines are running. Its Leak is what the
// newest of them are: Count of them in all were started at File and Line.
//
// The ID is the same in every process of the same program. In another version it is the same as
// long as the function and its creator have their names. A function literal's name has a number,
// which changes with the literals before it in the same function.
type Finding struct {
	Leak
	ID        string  // of function and creator, by the source's names
	Growth    int     // in the last rounds
	PerMinute float64 // in the last rounds
}

// String describes the finding in a line.
func (f Finding) String() string {
	return fmt.Sprintf("%s; %d more in the last rounds, %.3g per minute", f.Leak, f.Growth, f.PerMinute)
}

// WatchStats are what a Watcher has done.
type WatchStats struct {
	Since       time.Time     // the start
	Rounds      int           // all
	Looks       int           // rounds that took a profile, as goroutines had been created or had ended
	Dumps       int           // rounds that took full stacks
	Findings    int           // all, also those that were found again
	Busy        time.Duration // CPU time, at most, with its part of garbage collections: Busy over the time since Since is its share
	LeakProfile bool          // the runtime can prove leaks in this program
}

// A Watcher looks for leaks while a service runs. Its methods may be called concurrently.
type Watcher struct {
	config  WatchConfig
	done    chan struct{}
	created uint64 // goroutines ever, as of the last look
	live    uint64 // goroutines, likewise
	ledger  ledger
	lens    lens

	garbage uint64         // bytes that its looks have allocated since the last round
	proved  map[string]int // how many of a function have to be proved to be found

	mu       sync.Mutex
	stats    WatchStats
	findings []Finding
}

// Watch looks for goroutines that pile up, in a goroutine of its own, until ctx ends.
//
//	procx.Watch(ctx, procx.WatchConfig{})
//
// Each round reads two counters of the runtime. Only if goroutines were created or have ended does
// it take a goroutine profile, which stops the world for microseconds, to count how many run which
// function. A function of which more and more are running is a finding if within Rounds it has
// grown by Threshold, and at Rate, in two thirds of them: the connections of a busy service come
// and go, and those that come back after an outage come at once. Only then are full stacks taken,
// once, to name the line that starts them; that stops the world for as long as it takes to write
// them. A finding is reported once, and again whenever the growth has doubled.
//
// Growth that is slower than Rate, or does not last for Rounds, is found by another watcher with
// longer ones: they cost next to nothing.
func Watch(ctx context.Context, c WatchConfig) *Watcher {
	w := &Watcher{config: c.withDefaults(), done: make(chan struct{}), proved: make(map[string]int)}
	w.stats.Since = time.Now()
	w.stats.LeakProfile = leakProfile() != nil
	if c.LeakGC && !w.stats.LeakProfile {
		w.config.Logger.Warn("this program can't prove goroutine leaks: it was built without GOEXPERIMENT=goroutineleakprofile")
	}
	go w.run(ctx)
	return w
}

// Wait waits until the watcher has ended, as it does soon after its context.
func (w *Watcher) Wait() { <-w.done }

// Findings returns the newest finding of each ID, oldest first.
func (w *Watcher) Findings() []Finding {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]Finding{}, w.findings...)
}

// Stats returns what the watcher has done so far.
func (w *Watcher) Stats() WatchStats {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.stats
}
