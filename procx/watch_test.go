package procx

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"math"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/internal/goroutine"
)

// A crowd is a set of goroutines that wait until it is dismissed.
type crowd struct {
	done chan struct{}
	wg   sync.WaitGroup
}

func newCrowd() *crowd { return &crowd{done: make(chan struct{})} }

func (c *crowd) dismiss() { close(c.done); c.wg.Wait() }

func (c *crowd) connections(n int) {
	for range n {
		c.wg.Add(1)
		go c.connection()
	}
}

func (c *crowd) connection() { defer c.wg.Done(); waitFor(c.done) }

// serve simulates connections that come and go and last up to five minutes.
//
//go:noinline
func serve(busy *sync.WaitGroup, minutes int) {
	for range minutes {
		for i := range 60 {
			busy.Go(func() { time.Sleep(time.Duration(i*7919%300) * time.Second) })
		}
		time.Sleep(time.Minute)
	}
}

// In a synctest bubble, minutes pass at once, but profiles still cover the whole process.
func TestWatch(t *testing.T) {
	crowd := newCrowd()
	defer crowd.dismiss()
	crowd.connections(3000)
	for tallyOf(look())[thisPackage+"(*crowd).connection"] < 3000 { // until all have begun to run
		runtime.Gosched()
	}
	synctest.Test(t, func(t *testing.T) {
		var busy sync.WaitGroup
		serve(&busy, 6)
		ctx, cancel := context.WithCancel(t.Context())
		var log bytes.Buffer
		found := make(chan Finding, 10)
		w := Watch(ctx, WatchConfig{Rounds: 3, CPU: 1, Logger: slog.New(slog.NewJSONHandler(&log, nil)), OnFinding: func(f Finding) { found <- f }})
		time.Sleep(30 * time.Second) // between two of its rounds, from here on
		serve(&busy, 10)
		assert.Empty(t, w.Findings(), "steady")
		assert.Equal(t, 11, w.Stats().Looks)

		// One leak per second.
		leaks := newCrowd()
		start := time.Now()
		for len(found) == 0 && time.Since(start) < time.Hour {
			leaks.wg.Add(1)
			go leaks.connection()
			time.Sleep(time.Second)
		}
		require.Len(t, found, 1)
		f := <-found
		assert.LessOrEqual(t, time.Since(start), 2*time.Minute, "within the rounds")
		assert.Equal(t, thisPackage+"(*crowd).connection", f.Function)
		assert.Equal(t, thisPackage+"TestWatch.func1", f.CreatedBy, "not who started the idle ones")
		assert.Equal(t, "watch_test.go", filepath.Base(f.File))
		assert.InDelta(t, 90, f.Growth, 2)
		assert.InDelta(t, 90, f.Count, 2)
		assert.InDelta(t, 30, f.PerMinute, 1)
		assert.Contains(t, f.String(), "more in the last rounds, ")
		assert.Equal(t, []Finding{f}, w.Findings())
		assert.Equal(t, 1, w.Stats().Dumps)

		// No more findings until the growth has doubled.
		for range 60 {
			leaks.wg.Add(1)
			go leaks.connection()
			time.Sleep(time.Second)
		}
		assert.Empty(t, found)
		for len(found) == 0 {
			leaks.wg.Add(1)
			go leaks.connection()
			time.Sleep(time.Second)
		}
		assert.Equal(t, f.ID, (<-found).ID)
		require.Len(t, w.Findings(), 1, "of the same ID")
		assert.Equal(t, 2, w.Stats().Findings)

		cancel()
		w.Wait()
		leaks.dismiss()
		busy.Wait()

		lines := strings.Split(strings.TrimSpace(log.String()), "\n")
		require.Len(t, lines, 2)
		var record map[string]any
		require.NoError(t, json.Unmarshal([]byte(lines[0]), &record))
		assert.Equal(t, "WARN", record["level"])
		assert.Equal(t, f.ID, record["finding"])
		assert.Equal(t, float64(f.Line), record["line"])
	})
}

func TestWatchManyIdle(t *testing.T) {
	if raceDetector() {
		t.Skip("the race detector can't do more than 8128 goroutines")
	}
	synctest.Test(t, func(t *testing.T) {
		crowd := newCrowd()
		defer crowd.dismiss()
		ctx, cancel := context.WithCancel(t.Context())
		w := Watch(ctx, WatchConfig{Rounds: 2, CPU: 1})
		time.Sleep(30 * time.Second)
		crowd.connections(100_000) // at once
		for range 4 {
			go func() {}()
			time.Sleep(time.Minute)
		}
		cancel()
		w.Wait()
		assert.Empty(t, w.Findings())
		assert.Equal(t, 5, w.Stats().Looks)
	})
}

func TestWatchLooksOnlyIfCountersMove(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		w := Watch(ctx, WatchConfig{})
		time.Sleep(10*time.Minute + time.Second)
		cancel()
		w.Wait()
		s := w.Stats()
		assert.Equal(t, 11, s.Rounds)
		assert.LessOrEqual(t, s.Looks, 5, "but for what the runtime starts")
		assert.Zero(t, s.Dumps)
	})
}

func TestWatchLooksWhenGoroutinesEnd(t *testing.T) {
	crowd := newCrowd()
	crowd.connections(3)
	w := &Watcher{config: WatchConfig{Rounds: 2}.withDefaults()}
	count := func() int {
		w.created, _ = counters() // as if nothing were
		w.round()
		s := w.ledger.series[thisPackage+"(*crowd).connection"]
		if s == nil {
			return 0
		}
		return s.last()
	}
	until := func(n int) { // the goroutines have begun to run, or have ended
		deadline := time.Now().Add(time.Minute)
		for count() != n {
			require.True(t, time.Now().Before(deadline), "%d are not seen", n)
			time.Sleep(time.Millisecond)
		}
	}
	until(3)
	crowd.dismiss()
	until(0)
	assert.NotContains(t, w.ledger.series, unnamed)
}

func TestWatchLeakGC(t *testing.T) {
	go receive(make(chan int))
	ctx, cancel := context.WithCancel(t.Context())
	found := make(chan Finding, 10)
	var log bytes.Buffer
	w := Watch(ctx, WatchConfig{Every: time.Millisecond, Rounds: 2, CPU: 1, LeakGC: true, Logger: slog.New(slog.NewTextHandler(&log, nil)), OnFinding: func(f Finding) { found <- f }})
	defer w.Wait()
	defer cancel()
	if !w.Stats().LeakProfile {
		cancel()
		w.Wait()
		assert.Contains(t, log.String(), "built without GOEXPERIMENT=goroutineleakprofile")
		t.Skip("needs GOEXPERIMENT=goroutineleakprofile")
	}
	f := <-found
	for f.CreatedBy != thisPackage+"TestWatchLeakGC" { // other tests have left some
		f = <-found
	}
	assert.Equal(t, thisPackage+"receive", f.Function)
	assert.True(t, f.Certain)
}

func TestWatchConfig(t *testing.T) {
	c := WatchConfig{Rounds: -1, Rate: math.NaN()}.withDefaults()
	assert.Equal(t, time.Minute, c.Every)
	assert.Equal(t, 10, c.Rounds)
	assert.Equal(t, 1.0, c.Rate)
	assert.Equal(t, time.Minute, c.pause(0))
	assert.Equal(t, time.Minute, c.pause(50*time.Millisecond))
	assert.Equal(t, 500*time.Second, c.pause(500*time.Millisecond), "0.1 % of a core")
	c.CPU = 1e-300
	assert.Greater(t, c.pause(time.Hour), 1000*time.Hour, "longer than a Duration can say")
}

func TestNewestFindsGoStatement(t *testing.T) {
	var all []goroutine.Goroutine
	for id := range uint64(1000) { // steady
		all = append(all, goroutine.Goroutine{ID: id + 2, Entry: "main.work", Creator: "main.main", Site: "w.go:9", State: "select"})
	}
	for id := range uint64(50) { // leaking; their IDs are higher, but for a few
		all = append(all, goroutine.Goroutine{ID: 995 + 2*id, Entry: "main.work", Creator: "main.leak", Site: "w.go:30", State: "select"})
		all = append(all, goroutine.Goroutine{ID: 996 + 2*id, Entry: "main.other", Creator: "main.other", Site: "w.go:40", State: "select"})
	}
	slices.Reverse(all)
	leak, ok := newest(all, "main.work", 40)
	require.True(t, ok)
	assert.Equal(t, "main.leak", leak.CreatedBy)
	assert.Equal(t, 30, leak.Line)
	assert.Equal(t, 50, leak.Count)
	_, ok = newest(all, "main.gone", 40)
	assert.False(t, ok)
}

func TestRunningWithDeepStacks(t *testing.T) {
	done := make(chan struct{})
	defer close(done)
	go outermostOf(done)
	assert.Eventually(t, func() bool {
		for _, g := range look() {
			if g.entry() == thisPackage+"deep" {
				return len(running(goroutine.Parse(dump(false)), g.entry())) == 1
			}
		}
		return false
	}, time.Minute, time.Millisecond)
}

func outermostOf(done chan struct{}) { deep(100, done) }

func raceDetector() bool {
	info, _ := debug.ReadBuildInfo()
	return info != nil && slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"})
}
