package bench

import (
	"context"
	"errors"
	"fmt"
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
	look := by(8, 25, 60, 60)
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

// gather starts n of them, and returns what goleak needs to pass over those that
// were there before.
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

// Each question is put to both in the way that is cheapest for goleak: its options
// are made once, outside.

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

// watcherShare is the share of a core that a watcher takes at 10,000 busy
// goroutines, by the process's own CPU time: with it less without it.
func watcherShare(env contest.Env, _ contest.Options) (contest.Samples, error) {
	gather(env, 10_000)
	const span = 10 * time.Second
	without, err := busyShare(env.Context(), span, func() bool { return true })
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(env.Context())
	defer cancel()
	w := procx.Watch(ctx, procx.WatchConfig{Every: time.Millisecond}) // as often as its budget of 0.1 % lets it
	if _, err := busyShare(env.Context(), 0, func() bool { return w.Stats().Looks >= 1 }); err != nil {
		return nil, err
	}
	with, err := busyShare(env.Context(), 0, func() bool { return w.Stats().Looks >= 4 }) // three looks with the rests before them
	cancel()
	w.Wait()
	return contest.Samples{{Side: "procx", Metric: contest.Share}: {max(0, with-without)}}, err
}

// busyShare is the share of a core that this process takes, while goroutines come and
// go so that the runtime's counters move, for a time and until enough is true.
func busyShare(ctx context.Context, least time.Duration, enough func() bool) (float64, error) {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	start, before := time.Now(), contest.ProcessTime()
	for time.Since(start) < least || !enough() {
		select {
		case <-tick.C:
			startOne()
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
	return (contest.ProcessTime() - before).Seconds() / time.Since(start).Seconds(), nil
}
