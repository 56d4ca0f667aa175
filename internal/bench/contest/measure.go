package contest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"runtime/metrics"
	"slices"
	"time"
)

// Measure holds the contest in env, which it ends.
func (c *Contest) Measure(env *Environment, o Options) (Samples, error) {
	defer env.Close()
	samples, err := c.measure(env, o)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.Name, err)
	}
	return samples, nil
}

func (c *Contest) measure(env Env, o Options) (Samples, error) {
	if c.Own != nil {
		return c.Own(env, o)
	}
	sides, err := c.Open(env)
	if err != nil {
		return nil, err
	}
	wanted := map[Metric]bool{}
	for _, row := range c.Rows {
		wanted[row.Metric] = true
	}
	if runtime.GOOS == "windows" {
		o.Turn *= 10 // its clock ticks in half milliseconds, or more
	}
	for i := range sides {
		if err := fill(&sides[i], o.Turn); err != nil {
			return nil, fmt.Errorf("%s: %w", sides[i].Name, err)
		}
	}
	if c.Least > 0 {
		o.Least = c.Least
	}
	if len(c.Rows) == 0 { // a point of a curve needs less
		o.Rounds, o.Budget = min(o.Rounds, 15), o.Budget/2
	}
	samples := Samples{}
	start := time.Now()
	for round := 0; round < o.Rounds && (round < o.Least || time.Since(start) < o.Budget); round++ {
		if err := env.Context().Err(); err != nil {
			return nil, err
		}
		costs := make([][Stopped + 1]float64, len(sides))
		order := rand.Perm(len(sides))
		back := slices.Clone(order)
		slices.Reverse(back)
		for _, i := range slices.Concat(order, back) {
			cost, err := turn(sides[i], wanted[Stopped])
			if err != nil {
				return nil, fmt.Errorf("%s: %w", sides[i].Name, err)
			}
			for m := range cost {
				costs[i][m] += cost[m] / 2
			}
		}
		for i, side := range sides {
			for m, cost := range costs[i] {
				key := Key{side.Name, Metric(m)}
				samples[key] = append(samples[key], cost)
			}
		}
	}
	if wanted[Allocs] {
		for _, side := range sides {
			allocs, err := allocs(side)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", side.Name, err)
			}
			samples[Key{side.Name, Allocs}] = []float64{allocs}
		}
	}
	return samples, nil
}

// fill finds how many times a side has to work to fill a turn, thrice: something may be slow for
// once. What takes a second fills one in any case.
func fill(side *Side, turn time.Duration) error {
	if side.Once > 0 {
		return nil
	}
	for filled := 0; ; {
		n := max(1, side.Once)
		var w stopwatch
		w.ResetTimer()
		if err := side.Do(n, &w); err != nil {
			return err
		}
		w.StopTimer()
		switch {
		case w.cost[Time] < float64(turn):
			side.Once, filled = 2*n, 0
		case filled == 2 || w.cost[Time] > 1e9:
			side.Once = n
			return nil
		default:
			filled++
		}
	}
}

// turn has a side work, and returns the cost of one time.
func turn(side Side, pauses bool) (cost [Stopped + 1]float64, err error) {
	runtime.GC()
	w := stopwatch{pauses: pauses}
	if side.Once > 3 {
		if err := side.Do(side.Once/4, &w); err != nil {
			return cost, err
		}
	}
	w.ResetTimer()
	if err := side.Do(side.Once, &w); err != nil {
		return cost, err
	}
	w.StopTimer()
	for m := range cost {
		cost[m] = w.cost[m] / float64(side.Once)
	}
	return cost, nil
}

// allocs counts a side's allocations for one time, those of its goroutines too.
func allocs(side Side) (float64, error) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	var before, after runtime.MemStats
	for range 2 { // the first time fills pools
		runtime.ReadMemStats(&before)
		if err := side.Do(side.Once, discardTimer{}); err != nil {
			return 0, err
		}
		runtime.ReadMemStats(&after)
	}
	return float64((after.Mallocs - before.Mallocs) / uint64(side.Once)), nil // the fraction is the runtime's own
}

type discardTimer struct{}

func (discardTimer) ResetTimer() {}
func (discardTimer) StopTimer()  {}
func (discardTimer) StartTimer() {}

// A stopwatch is a Timer for the metrics that the process can be asked for.
type stopwatch struct {
	pauses  bool // Stopped too: to ask takes 10 µs
	running bool
	cost    [Stopped + 1]float64
	start   time.Time
	cpu     time.Duration
	stopped float64
}

func (w *stopwatch) ResetTimer() {
	w.running = false
	w.cost = [Stopped + 1]float64{}
	w.StartTimer()
}

func (w *stopwatch) StartTimer() {
	if w.running {
		return
	}
	w.running = true
	if w.pauses {
		w.stopped = worldStopped()
	}
	w.cpu = processTime()
	w.start = time.Now()
}

func (w *stopwatch) StopTimer() {
	if !w.running {
		return
	}
	w.running = false
	w.cost[Time] += float64(time.Since(w.start))
	w.cost[CPU] += float64(processTime() - w.cpu)
	if w.pauses {
		w.cost[Stopped] += worldStopped() - w.stopped
	}
}

// worldStopped is for how many nanoseconds the world has been stopped so far, but for garbage
// collections: from the runtime's histogram, of which each pause counts as its bucket's lower end.
func worldStopped() (ns float64) {
	s := []metrics.Sample{{Name: "/sched/pauses/total/other:seconds"}}
	metrics.Read(s)
	h := s[0].Value.Float64Histogram()
	for i, n := range h.Counts {
		ns += float64(n) * max(h.Buckets[i], 0) * 1e9
	}
	return ns
}

// ProcessTime is the processor time of this process so far.
func ProcessTime() time.Duration { return processTime() }

// An Environment is an Env outside of tests.
type Environment struct {
	ctx      context.Context
	cancel   context.CancelFunc
	cleanups []func()
}

// NewEnvironment returns one that ends with Close.
func NewEnvironment(ctx context.Context) *Environment {
	e := new(Environment)
	e.ctx, e.cancel = context.WithCancel(ctx)
	return e
}

// Close runs what Cleanup was given, the last first.
func (e *Environment) Close() {
	e.cancel()
	for len(e.cleanups) > 0 {
		last := len(e.cleanups) - 1
		f := e.cleanups[last]
		e.cleanups = e.cleanups[:last]
		f()
	}
}

// Context ends before the functions of Cleanup are called.
func (e *Environment) Context() context.Context { return e.ctx }

// Cleanup has f called by Close.
func (e *Environment) Cleanup(f func()) { e.cleanups = append(e.cleanups, f) }

// Setenv sets a variable until Close.
func (e *Environment) Setenv(key, value string) {
	old, had := os.LookupEnv(key)
	os.Setenv(key, value)
	e.Cleanup(func() {
		if had {
			os.Setenv(key, old)
		} else {
			os.Unsetenv(key)
		}
	})
}

// TempDir returns a new directory, which Close removes.
func (e *Environment) TempDir() string {
	dir, err := os.MkdirTemp("", "surefoot-bench-")
	if err != nil {
		panic(err)
	}
	e.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}
