package procx

import (
	"cmp"
	"context"
	"fmt"
	"hash/fnv"
	"log/slog"
	"runtime/metrics"
	"slices"
	"time"
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
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
			timer.Reset(w.config.pause(w.round(ctx)))
		}
	}
}

// pause is how long to wait after a round of that cost.
func (c *WatchConfig) pause(cost time.Duration) time.Duration {
	return max(c.Every, time.Duration(float64(cost)/c.CPU))
}

// round looks once, and returns how much CPU time that took, at most.
func (w *Watcher) round(ctx context.Context) (cost time.Duration) {
	start := time.Now()
	c := &w.config
	var counts tally
	if created, _ := counters(); created != w.created {
		w.created = created
		counts = tallyOf(look())
		w.count(func(s *WatchStats) { s.Looks++ })
	}
	w.ledger.enter(start, counts, c.Rounds)
	suspects := w.ledger.growing(c.Rounds, c.Threshold, c.Rate)
	if c.LeakGC && w.stats.LeakProfile && w.stats.Rounds%c.Rounds == 0 {
		before := collecting()
		suspects = append(suspects, w.prove()...)
		cost = collecting() - before // by threads of the runtime
	}
	if len(suspects) > 0 {
		w.find(ctx, suspects)
	}
	cost += time.Since(start)
	w.count(func(s *WatchStats) { s.Rounds++; s.Busy += cost })
	return cost
}

func (w *Watcher) count(update func(*WatchStats)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	update(&w.stats)
}

// prove returns the functions of the goroutines that the runtime can prove to leak,
// if there are twice as many as when they were found last.
func (w *Watcher) prove() []growing {
	var list []growing
	for function, n := range tallyOf(provedLeaks()) {
		if n >= w.proved[function] {
			w.proved[function] = 2 * n
			list = append(list, growing{function: function, growth: n})
		}
	}
	return list
}

// find makes findings of the functions that are suspect.
func (w *Watcher) find(ctx context.Context, suspects []growing) {
	all := parseDump(dump(false))
	w.count(func(s *WatchStats) { s.Dumps++ })
	for _, suspect := range suspects {
		leak, ok := newest(all, suspect.function, suspect.growth)
		if !ok {
			continue // gone meanwhile
		}
		if s := w.ledger.series[suspect.function]; s != nil && suspect.perMinute > 0 {
			s.found(suspect.growth)
		}
		f := Finding{Leak: leak, ID: findingID(leak), Growth: suspect.growth, PerMinute: suspect.perMinute}
		w.mu.Lock()
		w.findings = slices.DeleteFunc(w.findings, func(old Finding) bool { return old.ID == f.ID })
		w.findings = append(w.findings, f)
		w.stats.Findings++
		w.mu.Unlock()
		w.config.Logger.LogAttrs(ctx, slog.LevelWarn, "goroutines pile up",
			slog.String("finding", f.ID), slog.String("function", f.Function), slog.String("created_by", f.CreatedBy),
			slog.String("file", f.File), slog.Int("line", f.Line), slog.Int("count", f.Count), slog.Int("growth", f.Growth),
			slog.Float64("per_minute", f.PerMinute), slog.String("state", f.State), slog.Bool("certain", f.Certain),
			slog.String("stack", f.Stack))
		if w.config.OnFinding != nil {
			w.config.OnFinding(f)
		}
	}
}

// newest returns, of the goroutines that run function, those that were started at the
// go statement from which most of the newest n come.
func newest(all []goroutine, function string, n int) (leak Leak, ok bool) {
	type site struct{ creator, at string }
	count := make(map[site]int)
	var most site
	for _, g := range (tally{function: n}).newest(all) {
		s := site{g.creator, g.at}
		if count[s]++; count[s] > count[most] {
			most = s
		}
	}
	list := slices.DeleteFunc(running(all, function), func(g goroutine) bool { return site{g.creator, g.at} != most })
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

// collecting is the CPU time that went into garbage collections.
func collecting() time.Duration {
	s := [1]metrics.Sample{{Name: "/cpu/classes/gc/total:cpu-seconds"}}
	metrics.Read(s[:])
	return time.Duration(s[0].Value.Float64() * float64(time.Second))
}
