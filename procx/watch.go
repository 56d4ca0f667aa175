package procx

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

// A WatchConfig determines what a Watcher considers a leak, and its maximum cost. Values that are
// zero or negative mean the default.
type WatchConfig struct {
	Every     time.Duration // from one round to the next; default 1 minute
	Rounds    int           // for which growth has to last; default 10
	Threshold int           // minimum growth of a function within the rounds, in goroutines; default 20
	Rate      float64       // minimum growth in goroutines per minute; default 1

	// CPU is the share of one core that the watcher may use, including the garbage collection that
	// it causes; default 0.001. If rounds cost more than that, there are fewer of them: a look at
	// 100,000 goroutines, which takes 0.1 s, happens every 100 s.
	CPU float64

	// LeakGC also asks the runtime, once every Rounds rounds, for goroutines that it can prove to
	// be leaks. A single one is then a finding. This costs a garbage collection, which counts
	// towards CPU. Go 1.26 supports it in programs built with GOEXPERIMENT=goroutineleakprofile;
	// other programs log once that they don't support it.
	LeakGC bool

	Logger    *slog.Logger  // gets each finding as a warning; default slog.Default()
	OnFinding func(Finding) // called for each, by the watcher's goroutine; its time is not counted
}

// A Finding is a function that more and more goroutines are running. Its Leak describes the newest
// of them; Count is the total number started at File and Line.
//
// The ID is the same in every process of the same program. It stays the same across versions as
// long as the names of the function and its creator don't change. The name of a function literal
// contains a number, which depends on the preceding literals in the same function.
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

// WatchStats holds statistics of a Watcher.
type WatchStats struct {
	Since       time.Time     // the start
	Rounds      int           // all
	Looks       int           // rounds that took a profile because goroutines had been created or had ended
	Dumps       int           // rounds that took full stacks
	Findings    int           // all, including repeated ones
	Busy        time.Duration // upper bound of CPU time, including its part of garbage collections; over the time since Since, it is the watcher's share
	LeakProfile bool          // the runtime can prove leaks in this program
}

// A Watcher looks for leaks while a service runs. Its methods are safe for concurrent use.
type Watcher struct {
	config  WatchConfig
	done    chan struct{}
	created uint64 // goroutines ever created, as of the last look
	live    uint64 // live goroutines, likewise
	ledger  ledger
	lens    lens

	garbage uint64         // bytes that its looks have allocated since the last round
	proved  map[string]int // proved goroutines per function needed for a finding

	mu       sync.Mutex
	stats    WatchStats
	findings []Finding
}

// Watch starts a goroutine that looks for goroutines that pile up, until ctx ends.
//
//	procx.Watch(ctx, procx.WatchConfig{})
//
// Each round reads two counters of the runtime. Only if goroutines were created or have ended does
// it take a goroutine profile, which stops the world for microseconds, to count how many run which
// function. A function is a finding if its number of goroutines has grown by Threshold within
// Rounds, at Rate, and in two thirds of the rounds. This excludes the connections of a busy
// service, which come and go, and connections that all come back at once after an outage. Only for
// a finding does the watcher take full stacks, once, to find the line that starts the goroutines;
// that stops the world while they are written. A finding is reported once, and again whenever the
// growth has doubled.
//
// To find growth that is slower than Rate, use another watcher with longer rounds, which costs next
// to nothing.
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

// Wait waits until the watcher has ended, which happens soon after its context ends.
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
