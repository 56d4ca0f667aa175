package bench

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"runtime/metrics"
	"runtime/pprof"
	"slices"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/surefoot-go/surefoot/procx"
)

// figuresVar makes the tests that compare print their figures: they take minutes.
const figuresVar = "SUREFOOT_FIGURES"

const bystander = "github.com/surefoot-go/surefoot/internal/bench.(*crowd).wait"

// A crowd is goroutines that wait, as deep as those of net/http's idle connections.
type crowd struct {
	done chan struct{}
	wg   sync.WaitGroup
}

func gather(n int) *crowd {
	c := &crowd{done: make(chan struct{})}
	c.wg.Add(n)
	for range n {
		go c.wait(8)
	}
	for waiting() < n { // blocked, not just started
		time.Sleep(time.Millisecond)
	}
	return c
}

func (c *crowd) wait(depth int) {
	if depth > 0 {
		c.wait(depth - 1)
		return
	}
	<-c.done
	c.wg.Done()
}

func (c *crowd) dismiss() { close(c.done); c.wg.Wait() }

func waiting() int {
	s := []metrics.Sample{{Name: "/sched/goroutines/waiting:goroutines"}}
	metrics.Read(s)
	return int(s[0].Value.Uint64())
}

// A quietTB is a test without any time of its own.
type quietTB struct {
	cleanup func()
	failed  bool
}

func (q *quietTB) Helper()               {}
func (q *quietTB) Name() string          { return "TestQuiet" }
func (q *quietTB) Cleanup(f func())      { q.cleanup = f }
func (q *quietTB) Errorf(string, ...any) { q.failed = true }
func (q *quietTB) Error(...any)          { q.failed = true }

// Each question is put to both in the way that is cheapest for goleak: its options
// are made once, outside.
var questions = []struct {
	name  string
	procx func(b testing.TB)
	peer  func(b testing.TB, current goleak.Option)
}{
	{"Clean", // did a test that started nothing leak?
		func(b testing.TB) {
			q := new(quietTB)
			procx.Check(q, nil)
			q.cleanup()
			fail(b, q.failed)
		},
		func(b testing.TB, current goleak.Option) {
			q := new(quietTB)
			goleak.VerifyNone(q, current)
			fail(b, q.failed)
		}},
	{"Look", // is there any goroutine but those that are allowed?
		func(b testing.TB) {
			leaks, err := procx.Find(&procx.Options{Settle: -1, Ignore: []string{bystander}})
			fail(b, err != nil || len(leaks) > 0)
		},
		func(b testing.TB, _ goleak.Option) {
			fail(b, goleak.Find(goleak.IgnoreAnyFunction(bystander), goleak.IgnoreTopFunction("testing.(*B).run1")) != nil)
		}},
	{"Test", // did a test that started a goroutine, which has ended, leak?
		func(b testing.TB) {
			q := new(quietTB)
			procx.Check(q, nil)
			startOne()
			q.cleanup()
			fail(b, q.failed)
		},
		func(b testing.TB, current goleak.Option) {
			q := new(quietTB)
			startOne()
			goleak.VerifyNone(q, current)
			fail(b, q.failed)
		}},
	{"Detail", // the full stacks of all. goleak's is one look: with leaks it takes 21
		func(b testing.TB) {
			leaks, err := procx.Find(&procx.Options{Settle: -1})
			fail(b, err != nil || len(leaks) == 0)
		},
		func(b testing.TB, current goleak.Option) { fail(b, goleak.Find(current) != nil) }},
}

func startOne() {
	done := make(chan struct{})
	go close(done)
	<-done
}

func fail(b testing.TB, wrong bool) {
	if wrong {
		b.Fatal("the wrong answer")
	}
}

func BenchmarkProcx(b *testing.B) {
	for _, n := range []int{100, 1000, 10_000} {
		c := gather(n)
		for _, q := range questions {
			b.Run(fmt.Sprintf("%s/%d/procx", q.name, n), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					q.procx(b)
				}
			})
			b.Run(fmt.Sprintf("%s/%d/goleak", q.name, n), func(b *testing.B) {
				current := goleak.IgnoreCurrent() // and this benchmark's own
				b.ReportAllocs()
				for b.Loop() {
					q.peer(b, current)
				}
			})
		}
		c.dismiss()
	}
}

// TestProcxFigures prints the ratios between both, of the quickest of some rounds with
// one question to each: what the machine does besides makes none of them quicker.
func TestProcxFigures(t *testing.T) {
	if os.Getenv(figuresVar) == "" {
		t.Skipf("prints figures: set %s=1", figuresVar)
	}
	for _, n := range []int{10, 100, 1000, 10_000, 100_000} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			c := gather(n)
			defer c.dismiss()
			for _, q := range questions {
				t.Run(q.name, func(t *testing.T) {
					current := goleak.IgnoreCurrent() // and this test's own
					compare(t, min(20, 500_000/n), func() { q.procx(t) }, func() { q.peer(t, current) })
				})
			}
		})
	}
}

// compare prints how long two questions take, each in the quickest of some rounds.
func compare(t *testing.T, rounds int, questions ...func()) {
	var times, stops [2][]float64
	for range rounds {
		for i, ask := range questions {
			times[i] = append(times[i], timeOf(ask))
			stops[i] = append(stops[i], stopped(ask))
		}
	}
	ours, theirs := slices.Min(times[0]), slices.Min(times[1])
	t.Logf("procx %v, goleak %v: %.1f×; world stopped %v, %v", rounded(ours), rounded(theirs), theirs/ours,
		rounded(slices.Min(stops[0])), rounded(slices.Min(stops[1])))
}

func rounded(ns float64) time.Duration { return time.Duration(ns).Round(10 * time.Nanosecond) }

// timeOf is how long f takes, once, or over many calls if it is quick.
func timeOf(f func()) float64 {
	for n := 1; ; n *= 10 {
		start := time.Now()
		for range n {
			f()
		}
		if d := time.Since(start); d > 2*time.Millisecond {
			return float64(d) / float64(n)
		}
	}
}

// stopped is for how long f stops the world, but for garbage collections: from the
// runtime's histogram, of which each pause counts as its bucket's lower end.
func stopped(f func()) float64 {
	before := pauses()
	f()
	after := pauses()
	total := 0.0
	for i := range after.Counts {
		total += float64(after.Counts[i]-before.Counts[i]) * max(after.Buckets[i], 0) * 1e9
	}
	return total
}

func pauses() *metrics.Float64Histogram {
	s := []metrics.Sample{{Name: "/sched/pauses/total/other:seconds"}}
	metrics.Read(s)
	h := s[0].Value.Float64Histogram()
	return &metrics.Float64Histogram{Counts: slices.Clone(h.Counts), Buckets: h.Buckets}
}

// TestProcxWatcherCPU prints the share of a core that a watcher takes at 10,000 busy
// goroutines, by the process's own CPU time, beside what it says of itself.
func TestProcxWatcherCPU(t *testing.T) {
	if os.Getenv(figuresVar) == "" {
		t.Skipf("prints figures: set %s=1", figuresVar)
	}
	c := gather(10_000)
	defer c.dismiss()
	const span = 30 * time.Second
	churn := func() { // so that the counters move
		for start := time.Now(); time.Since(start) < span; time.Sleep(100 * time.Millisecond) {
			startOne()
		}
	}
	before := processTime(t)
	churn()
	idle := processTime(t) - before

	ctx, cancel := context.WithCancel(t.Context())
	before = processTime(t)
	w := procx.Watch(ctx, procx.WatchConfig{Every: time.Millisecond}) // as often as its budget of 0.1 % lets it
	churn()
	busy := processTime(t) - before
	cancel()
	w.Wait()
	s := w.Stats()
	t.Logf("%d looks in %v: %.4f %% of a core by its own account, %.4f %% by the process's CPU time",
		s.Looks, span, 100*s.Busy.Seconds()/span.Seconds(), 100*(busy-idle).Seconds()/span.Seconds())
}

// TestProcxVerdicts puts the same programs to both. Where they differ, it says why.
func TestProcxVerdicts(t *testing.T) {
	done := make(chan struct{})
	var ended sync.WaitGroup
	block := func() { ended.Add(1); go func() { defer ended.Done(); <-done }() }
	tests := []struct {
		name          string
		body          func()
		procx, goleak bool // whether it is a leak
	}{
		{"nothing", func() {}, false, false},
		{"one that ends", startOne, false, false},
		{"one that ends a little later", func() { go time.Sleep(20 * time.Millisecond) }, false, false},
		{"one that stays", block, true, true},
		{"below one that has ended", func() { var wg sync.WaitGroup; wg.Go(block); wg.Wait() }, true, true},
		{"without labels", func() {
			var wg sync.WaitGroup
			wg.Go(func() { pprof.SetGoroutineLabels(context.Background()); block() })
			wg.Wait()
		}, true, true},
		{"nil channel", func() { go func() { <-(chan int)(nil) }() }, true, true},
		{"empty select", func() { go func() { select {} }() }, true, true},
		{"signal.Notify", func() { c := make(chan os.Signal, 1); signal.Notify(c, os.Interrupt); signal.Stop(c) }, false, false},
		{"forgotten stop of NotifyContext", func() { signal.NotifyContext(context.Background(), os.Interrupt) }, true, true},
		{"timer", func() { time.AfterFunc(time.Hour, func() {}) }, false, false},
		{"ticker", func() { time.NewTicker(time.Hour) }, false, false},
		{"trace and CPU profile, as with go test -cpuprofile", func() {
			if pprof.StartCPUProfile(discard{}) == nil {
				defer time.AfterFunc(3*time.Second, pprof.StopCPUProfile)
			}
		}, false, true}, // goleak takes the profile's writer for a leak
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			current := goleak.IgnoreCurrent()
			q, peer := new(quietTB), new(quietTB)
			procx.Check(q, &procx.Options{Settle: 100 * time.Millisecond})
			tt.body()
			q.cleanup()
			goleak.VerifyNone(peer, current)
			if q.failed != tt.procx || peer.failed != tt.goleak {
				t.Errorf("procx finds a leak: %v, want %v; goleak: %v, want %v", q.failed, tt.procx, peer.failed, tt.goleak)
			}
		})
	}
	close(done)
	ended.Wait()
}

type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }
