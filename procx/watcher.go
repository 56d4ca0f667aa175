package procx

import (
	"cmp"
	"context"
	"fmt"
	"hash/fnv"
	"log/slog"
	"math"
	"runtime/metrics"
	"slices"
	"strings"
	"time"

	"github.com/surefoot-go/surefoot/internal/goroutine"
)

func (c WatchConfig) withDefaults() WatchConfig {
	orElse(&c.Every, time.Minute)
	orElse(&c.Rounds, 10)
	orElse(&c.Threshold, 20)
	orElse(&c.Rate, 1)
	orElse(&c.CPU, 0.001)
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	return c
}

func orElse[T cmp.Ordered](v *T, def T) {
	var zero T
	if !(*v > zero) { // nor NaN
		*v = def
	}
}

func (w *Watcher) run(ctx context.Context) {
	defer close(w.done)
	_, live := counters()
	timer := time.NewTimer(w.config.share(time.Duration(live) * 2 * time.Microsecond)) // upper bound for one look
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
			findings, cost := w.round()
			timer.Reset(w.config.pause(cost))
			for _, f := range findings {
				w.report(ctx, f)
			}
		}
	}
}

// pause returns the time to wait after a round of that cost. The next round will cost about the
// same, and the first round waits too, so no round starts before its time is available.
func (c *WatchConfig) pause(cost time.Duration) time.Duration { return max(c.Every, c.share(cost)) }

// share returns the time for which cost is the watcher's permitted share.
func (c *WatchConfig) share(cost time.Duration) time.Duration {
	if d := float64(cost) / c.CPU; d < math.MaxInt64 {
		return time.Duration(d)
	}
	return math.MaxInt64 // 292 years
}

// round looks once and returns an upper bound of its CPU time: the elapsed time plus that of the
// runtime's threads for a proof.
func (w *Watcher) round() (findings []Finding, cost time.Duration) {
	start := time.Now()
	c := &w.config
	stats := w.Stats()
	var counts tally
	if created, live := counters(); created != w.created || live != w.live {
		w.created, w.live = created, live
		before := allocated()
		counts = tallyOf(w.lens.look())
		w.garbage += allocated() - before
		if counts[unnamed] > 0 {
			delete(counts, unnamed)
			w.live = 0 // so that the next round looks again, when they have names
		}
		stats.Looks++
	}
	w.ledger.enter(start, counts, c.Rounds)
	suspects := w.ledger.growing(c.Rounds, c.Threshold, c.Rate)
	if c.LeakGC && stats.LeakProfile && stats.Rounds%c.Rounds == 0 {
		before := collecting()
		suspects = append(suspects, w.prove()...)
		cost = collecting() - before
	}
	if len(suspects) > 0 {
		findings = w.find(suspects)
		stats.Dumps++
	}
	cost += time.Since(start) + w.collections()
	stats.Rounds++
	stats.Findings += len(findings)
	stats.Busy += cost
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stats = stats
	for _, f := range findings {
		w.findings = append(slices.DeleteFunc(w.findings, func(old Finding) bool { return old.ID == f.ID }), f)
	}
	return findings, cost
}

// prove returns the functions of goroutines that the runtime proves to be leaks, if there are twice
// as many as at the last finding.
func (w *Watcher) prove() []growing {
	var list []growing
	for function, n := range tallyOf(provedLeaks()) {
		if n >= w.proved[function] {
			list = append(list, growing{function: function, growth: n, proved: true})
		}
	}
	return list
}

// find takes all stacks to determine where the suspects are started.
func (w *Watcher) find(suspects []growing) []Finding {
	var findings []Finding
	all := goroutine.Parse(dump(false))
	for _, s := range suspects {
		among := all
		if s.proved {
			among = slices.DeleteFunc(slices.Clone(all), func(g goroutine.Goroutine) bool { return !g.Leaked })
		}
		leak, ok := newest(among, s.function, s.growth)
		if !ok {
			continue // gone by now
		}
		if s.proved {
			w.proved[strings.Clone(s.function)] = 2 * s.growth // and not the whole profile
		} else {
			w.ledger.series[s.function].found(s.growth)
		}
		findings = append(findings, Finding{Leak: leak, ID: findingID(leak), Growth: s.growth, PerMinute: s.perMinute})
	}
	return findings
}

func (w *Watcher) report(ctx context.Context, f Finding) {
	w.config.Logger.LogAttrs(ctx, slog.LevelWarn, "goroutines pile up",
		slog.String("finding", f.ID), slog.String("function", f.Function), slog.String("created_by", f.CreatedBy),
		slog.String("file", f.File), slog.Int("line", f.Line), slog.Int("count", f.Count), slog.Int("growth", f.Growth),
		slog.Float64("per_minute", f.PerMinute), slog.String("state", f.State), slog.Bool("certain", f.Certain),
		slog.String("stack", f.Stack))
	if w.config.OnFinding != nil {
		w.config.OnFinding(f)
	}
}

// newest returns the goroutines that run function and were started at the go statement from which
// most of the newest n come.
func newest(all []goroutine.Goroutine, function string, n int) (leak Leak, ok bool) {
	type site struct{ creator, at string }
	count := make(map[site]int)
	var most site
	for _, g := range (tally{function: n}).newest(all) {
		s := site{g.Creator, g.Site}
		if count[s]++; count[s] > count[most] {
			most = s
		}
	}
	list := slices.DeleteFunc(running(all, function), func(g goroutine.Goroutine) bool { return site{g.Creator, g.Site} != most })
	if len(list) == 0 {
		return leak, false
	}
	leak = summarize(list)[0]
	leak.Count = len(list)
	return leak, true
}

func findingID(l Leak) string {
	h := fnv.New32a()
	fmt.Fprintf(h, "%s\n%s", l.Function, l.CreatedBy)
	return fmt.Sprintf("%08x", h.Sum32())
}

// collections returns the CPU time of the garbage collections caused by the watcher's garbage: the
// average time of one, multiplied by the watcher's part of the bytes that trigger it.
func (w *Watcher) collections() time.Duration {
	garbage := w.garbage
	w.garbage = 0
	s := [...]metrics.Sample{{Name: "/gc/cycles/total:gc-cycles"}, {Name: "/gc/heap/goal:bytes"}, {Name: "/gc/heap/live:bytes"}}
	metrics.Read(s[:])
	cycles, goal, live := s[0].Value.Uint64(), s[1].Value.Uint64(), s[2].Value.Uint64()
	if cycles == 0 || goal <= live {
		return 0
	}
	return time.Duration(float64(collecting()) / float64(cycles) * float64(garbage) / float64(goal-live))
}

// allocated returns the number of bytes that the process has ever allocated.
func allocated() uint64 {
	s := [1]metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(s[:])
	return s[0].Value.Uint64()
}

// collecting returns the CPU time spent on garbage collections.
func collecting() time.Duration {
	s := [1]metrics.Sample{{Name: "/cpu/classes/gc/total:cpu-seconds"}}
	metrics.Read(s[:])
	return time.Duration(s[0].Value.Float64() * float64(time.Second))
}
