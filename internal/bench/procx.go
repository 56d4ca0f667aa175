package bench

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/metrics"
	"slices"
	"sync"
	"time"

	"go.uber.org/goleak"

	"github.com/surefoot-go/surefoot/internal/bench/contest"
	"github.com/surefoot-go/surefoot/procx"
)

func procxContests() (all []*contest.Contest) {
	sizes := []int{100, 1000, 10_000, 100_000} // at the last, goleak takes seconds for a look
	add := func(name, curve string, rows func(size int) []contest.Row, sides func(before goleak.Option) (ours, peer func() error)) {
		for _, size := range sizes {
			if rows(size) == nil {
				continue
			}
			all = append(all, &contest.Contest{
				Name: fmt.Sprintf("procx/%s of %d", name, size), Rows: rowsOf("procx", rows(size)...),
				Curve: curve, X: float64(size),
				Long: size > 1000, Least: max(3, min(31, 70_000/size)),
				Open: func(env contest.Env) ([]contest.Side, error) {
					ours, peer := sides(gather(env, size))
					return []contest.Side{{Name: "procx", Do: contest.Each(ours)}, {Name: "goleak", Do: contest.Each(peer)}}, nil
				},
			})
		}
	}
	by := func(asked ...float64) func(int) []contest.Row {
		return func(size int) []contest.Row {
			if i := slices.Index(sizes, size); i < len(asked) {
				return []contest.Row{{Peer: "goleak", Asked: asked[i]}}
			}
			return nil
		}
	}
	look := by(10, 25, 80, 80)
	add("clean path", "procx-clean", by(1000, 1000, 1000), cleanPath)
	add("look", "procx-look", func(size int) []contest.Row {
		stopped := contest.Row{What: "world stopped", Peer: "goleak", Metric: contest.Stopped}
		if size >= 1000 {
			stopped.Asked, stopped.Gross = 1000, 30 // microseconds, of which a busy machine makes milliseconds
		}
		return append(look(size), stopped)
	}, oneLook)
	add("test that starts one", "", by(0, 0), testThatStarts)
	add("detail", "", by(0, 3, 6), detail)
	return append(all, &contest.Contest{
		Name: "procx/watcher at 10000", Long: true, Own: watcherShare,
		Rows: rowsOf("procx", contest.Row{Metric: contest.Share, Asked: 0.001}),
	})
}

// notifyContext is compare's own goroutine, which ends it on Ctrl+C.
const notifyContext = "os/signal.NotifyContext.func1"

const bystander = "github.com/surefoot-go/surefoot/internal/bench.(*crowd).wait"

// A crowd is goroutines that wait, as deep as those of net/http's idle connections.
type crowd struct {
	done chan struct{}
	wg   sync.WaitGroup
}

// gather starts n of them, and returns what goleak needs to pass over those that were there before.
func gather(env contest.Env, n int) (before goleak.Option) {
	before = goleak.IgnoreCurrent()
	c := &crowd{done: make(chan struct{})}
	others := waiting()
	c.wg.Add(n)
	for range n {
		go c.wait(8)
	}
	for waiting() < n+others { // blocked, not just started
		time.Sleep(time.Millisecond)
	}
	env.Cleanup(func() { close(c.done); c.wg.Wait() })
	return before
}

func (c *crowd) wait(depth int) {
	if depth > 0 {
		c.wait(depth - 1)
		return
	}
	<-c.done
	c.wg.Done()
}

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

// Each question is put to both in the way that is cheapest for goleak: its options are made once,
// outside.

// cleanPath asks: did a test that started nothing leak?
func cleanPath(goleak.Option) (ours, peer func() error) {
	current := goleak.IgnoreCurrent()
	return func() error {
			q := new(quietTB)
			procx.Check(q, nil)
			q.cleanup()
			return unless(!q.failed)
		}, func() error {
			q := new(quietTB)
			goleak.VerifyNone(q, current)
			return unless(!q.failed)
		}
}

// oneLook asks: is there any goroutine but those that are allowed?
func oneLook(before goleak.Option) (ours, peer func() error) {
	return func() error {
			leaks, err := procx.Find(&procx.Options{Settle: -1, Ignore: []string{bystander, notifyContext}})
			if len(leaks) > 0 {
				err = errors.Join(err, fmt.Errorf("%d leaks, the first: %v", len(leaks), leaks[0]))
			}
			return err
		}, func() error {
			return unless(goleak.Find(goleak.IgnoreAnyFunction(bystander), before) == nil)
		}
}

// testThatStarts asks: did a test that started a goroutine, which has ended, leak?
func testThatStarts(goleak.Option) (ours, peer func() error) {
	current := goleak.IgnoreCurrent()
	return func() error {
			q := new(quietTB)
			procx.Check(q, nil)
			startOne()
			q.cleanup()
			return unless(!q.failed)
		}, func() error {
			q := new(quietTB)
			startOne()
			goleak.VerifyNone(q, current)
			return unless(!q.failed)
		}
}

// detail asks for the full stacks of all. goleak's is one look: with leaks it takes 21.
func detail(goleak.Option) (ours, peer func() error) {
	current := goleak.IgnoreCurrent()
	return func() error {
		leaks, err := procx.Find(&procx.Options{Settle: -1})
		return unless(err == nil && len(leaks) > 0)
	}, func() error { return unless(goleak.Find(current) == nil) }
}

func startOne() {
	done := make(chan struct{})
	go close(done)
	<-done
}

func unless(right bool) error {
	if right {
		return nil
	}
	return errors.New("the wrong answer")
}

// pairs is how many windows with a watcher there are, and as many without.
const pairs = 5

// watcherShare is the share of a core that a watcher takes at 10,000 busy goroutines, by the
// process's own CPU time: windows of equal length, with a look in them and without, take turns, and
// the median of the differences counts. A window is as long as the watcher waits for a look that
// keeps to its budget, so that it has one in it. What the look leaves to the garbage collector is
// charged to it.
func watcherShare(env contest.Env, _ contest.Options) (contest.Samples, error) {
	gather(env, 10_000)
	var shares []float64
	for range pairs {
		with, err := watchedWindow(env.Context())
		if err != nil {
			return nil, err
		}
		without, err := window(env.Context(), with.span, func() bool { return true })
		if err != nil {
			return nil, err
		}
		garbage := float64(with.allocated) - float64(without.allocated)
		cpu := (with.cpu - without.cpu).Seconds() + max(0, garbage)*collection()
		shares = append(shares, cpu/with.span.Seconds())
	}
	slices.Sort(shares)
	return contest.Samples{{Side: "procx", Metric: contest.Share}: {max(0, shares[len(shares)/2])}}, nil
}

// A spent is what the process has used in a window.
type spent struct {
	span, cpu time.Duration
	allocated uint64 // bytes
}

// watchedWindow is one with a watcher, from its start to a rest after its first look.
func watchedWindow(ctx context.Context) (spent, error) {
	watched, cancel := context.WithCancel(ctx)
	w := procx.Watch(watched, procx.WatchConfig{Every: time.Millisecond}) // as often as its budget of 0.1 % lets it
	defer w.Wait()
	defer cancel()
	return window(ctx, 0, func() bool { return w.Stats().Looks > 0 })
}

// window measures for a time at least and until enough is true, while goroutines come and go so
// that the runtime's counters move.
func window(ctx context.Context, least time.Duration, enough func() bool) (spent, error) {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	start, cpu, allocated := time.Now(), contest.ProcessTime(), allocatedBytes()
	for time.Since(start) < least || !enough() {
		select {
		case <-tick.C:
			startOne()
		case <-ctx.Done():
			return spent{}, ctx.Err()
		}
	}
	return spent{time.Since(start), contest.ProcessTime() - cpu, allocatedBytes() - allocated}, nil
}

func allocatedBytes() uint64 {
	s := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(s)
	return s[0].Value.Uint64()
}

// collection is the CPU time, in seconds, that garbage collection takes for each byte that is
// allocated: that of one collection, for as much as makes one due.
func collection() float64 {
	before := contest.ProcessTime()
	runtime.GC()
	cpu := contest.ProcessTime() - before
	s := []metrics.Sample{{Name: "/gc/heap/goal:bytes"}, {Name: "/gc/heap/live:bytes"}}
	metrics.Read(s)
	return cpu.Seconds() / float64(max(1, s[0].Value.Uint64()-s[1].Value.Uint64()))
}
