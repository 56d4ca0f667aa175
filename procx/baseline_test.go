package procx

import (
	"os"
	"runtime"
	"runtime/debug"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/internal/goroutine"
)

func TestSince(t *testing.T) {
	for _, n := range []int{3, few + 10} {
		old, fresh := newCrowd(), newCrowd()
		old.connections(n)
		before := Now()
		leaks, err := Find(&Options{Since: before})
		require.NoError(t, err)
		assert.Empty(t, leaks)

		startAndWait()
		leaks, err = Find(&Options{Since: before})
		require.NoError(t, err)
		assert.Empty(t, leaks, "what has begun and ended")

		fresh.connections(2)
		leaks, err = Find(&Options{Since: before, Settle: quick.Settle})
		require.NoError(t, err)
		require.Len(t, leaks, 1)
		assert.Equal(t, 2, leaks[0].Count, "not those of the same function that ran before")
		leaks, err = Find(&Options{Since: Now()})
		require.NoError(t, err)
		assert.Empty(t, leaks)

		// Replace one: an old one ends, a new one starts.
		old.dismiss()
		leaks, err = Find(&Options{Since: before, Settle: quick.Settle})
		require.NoError(t, err)
		require.Len(t, leaks, 1)
		assert.Equal(t, 2, leaks[0].Count)
		fresh.dismiss()
	}
}

// A Check with Since also ignores goroutines that its own test started earlier.
func TestCheckSince(t *testing.T) {
	tb := &fakeTB{name: "TestFake"}
	Check(tb, quick)
	block(t)
	before := Now()
	inner := checked(&Options{Since: before, Settle: quick.Settle}, func() {})
	assert.Empty(t, inner)
	inner = checked(&Options{Since: before, Settle: quick.Settle}, func() { block(t) })
	assert.Contains(t, inner, "left 1 goroutine")
	assert.Contains(t, tb.finish(), "left 1 goroutine", "but the outer one, without, finds the first")
	assert.Zero(t, CheckMain(run(func() {}), &Options{Since: Now(), Settle: quick.Settle}))
}

// A scripted scope has one suspect with a given state.
type scripted struct{ state string }

func (scripted) suspects() (int, bool, picture) { return 1, false, picture{sum: 1} }
func (s scripted) inspect(bool) []goroutine.Goroutine {
	return []goroutine.Goroutine{{ID: 7, State: s.state, Creator: "main.main"}}
}

// Goroutines that can never end are not waited for.
func TestVerdictOnProof(t *testing.T) {
	for state, want := range map[string]time.Duration{"chan receive (nil chan)": proofAfter, "select (no cases)": proofAfter, "chan receive": still} {
		synctest.Test(t, func(t *testing.T) {
			f, err := (*Options)(nil).filter()
			require.NoError(t, err)
			start := time.Now()
			assert.Len(t, settle(scripted{state}, f, -1), 1)
			assert.InDelta(t, want.Seconds(), time.Since(start).Seconds(), 0.05, state)
			f.soon = false
			start = time.Now()
			assert.Len(t, settle(scripted{state}, f, -1), 1)
			assert.InDelta(t, defaultSettle.Seconds(), time.Since(start).Seconds(), 0.05, "as long as was asked for")
		})
	}
}

// A goroutine that reads a pipe whose other end has become unreachable ends with the next garbage
// collection, which closes that end. The collection for a proof must not hide the leak.
func TestVerdictDespiteCollection(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // no other collection
	for _, o := range []*Options{nil, quick} {
		report := checked(o, func() {
			r, _, err := os.Pipe()
			require.NoError(t, err)
			go readOne(r)
		})
		assert.Contains(t, report, thisPackage+"readOne [")
	}
	for tallyOf(look())[thisPackage+"readOne"] > 0 {
		runtime.GC()
	}
}

func readOne(f *os.File) { _, _ = f.Read(make([]byte, 1)); f.Close() }

func TestSinceConcurrently(t *testing.T) {
	before := Now()
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 5 {
				_, err := Find(&Options{Since: before, Settle: -1, Ignore: []string{thisPackage + "TestSinceConcurrently"}})
				assert.NoError(t, err)
			}
		})
	}
	wg.Wait()
}

// With the default Settle a check fails as soon as nothing has changed for a while. Sleeping
// goroutines get the full time.
func TestEarlyVerdict(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		took := func(o *Options, want string, body func()) time.Duration {
			start := time.Now()
			report := checked(o, body)
			if want == "" {
				assert.Empty(t, report)
			}
			assert.Contains(t, report, want)
			return time.Since(start)
		}
		done := make(chan struct{})
		blocks := func() { go waitFor(done) }
		assert.InDelta(t, still.Seconds(), took(nil, "left 1 goroutine", blocks).Seconds(), 0.1)
		assert.InDelta(t, 1.2, took(nil, "", func() { go time.Sleep(1200 * time.Millisecond) }).Seconds(), 0.1)
		assert.InDelta(t, 2, took(nil, "left 1 goroutine", func() { go time.Sleep(time.Minute) }).Seconds(), 0.1)
		assert.InDelta(t, 0.7+still.Seconds(), took(nil, "left 1 goroutine", func() {
			blocks()
			go func() { time.Sleep(700 * time.Millisecond) }()
		}).Seconds(), 0.1, "after the last change")
		assert.InDelta(t, 0.8, took(&Options{Settle: 800 * time.Millisecond}, "left 1 goroutine", blocks).Seconds(), 0.1, "what is asked for is given")
		close(done)
		time.Sleep(time.Minute) // until the sleeper has ended
	})
}
