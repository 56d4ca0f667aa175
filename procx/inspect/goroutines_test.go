package inspect

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/procx"
)

const dump = `goroutine 1 [running]:
main.main()
	/src/main.go:8 +0x2f

goroutine 7 [chan receive, 5 minutes]:
example.com/app.(*Pool).work(0xc000012345, {0x1, 0x2})
	/src/pool.go:12 +0x1d
example.com/app.(*Pool).run(...)
	/src/pool.go:30
created by example.com/app.NewPool in goroutine 1
	/src/pool.go:9 +0x2f

goroutine 8 [select, 180 minutes, locked to thread]:
example.com/app.(*Pool).run(0xc000012345)
	/src/pool.go:31 +0x1d
created by example.com/app.NewPool in goroutine 1
	/src/pool.go:9 +0x2f

goroutine 9 gp=0xc000007880 m=nil [chan receive (durable), synctest bubble 1]:
example.com/app.(*Pool).run(0xc000012345)
	/src/pool.go:31 +0x1d
created by example.com/app.NewPool
	/src/pool.go:10 +0x3f

goroutine 11 [runnable]:
example.com/app.NewPool.gowrap2()
	/src/pool.go:40
runtime.goexit({})
	/usr/local/go/src/runtime/asm_amd64.s:1771 +0x1
created by example.com/app.NewPool in goroutine 1
	/src/pool.go:40 +0x2f

goroutine 10 [semacquire]:
example.com/app.deep(0x1)
	/src/deep.go:3 +0x1d
...950 frames elided...
example.com/app.start(0x1)
	C:/src/deep.go:9 +0x1d
created by example.com/app.init.0.func1 in goroutine 8
	C:/src/deep.go:12 +0x2f
`

func TestGroupStacks(t *testing.T) {
	groups := groupStacks(dump)
	require.Len(t, groups, 5)
	g := groups[0]
	assert.Equal(t, 2, g.Count)
	assert.Equal(t, "example.com/app.(*Pool).run", g.Entry)
	assert.Equal(t, "example.com/app.NewPool", g.Creator)
	assert.Equal(t, "/src/pool.go:9", g.Site)
	assert.Equal(t, 3*time.Hour, g.Oldest)
	assert.Contains(t, g.Stack, "goroutine 8 ", "the oldest one's")
	assert.Equal(t, []state{{"chan receive", 1}, {"select", 1}}, g.States)

	bySite := map[string]*group{}
	for _, g := range groups {
		bySite[g.Site] = g
	}
	assert.Equal(t, "main.main", bySite[""].Entry)
	assert.Equal(t, "running", bySite[""].States[0].Name)
	assert.Equal(t, "example.com/app.NewPool", bySite["/src/pool.go:10"].Creator)
	assert.Equal(t, "example.com/app.NewPool.gowrap2", bySite["/src/pool.go:40"].Entry)
	assert.Equal(t, "chan receive (durable)", bySite["/src/pool.go:10"].States[0].Name)
	assert.Equal(t, "example.com/app.start", bySite["C:/src/deep.go:12"].Entry)
	assert.Equal(t, "example.com/app.init.0.func1", bySite["C:/src/deep.go:12"].Creator)
}

// Labels are not taken for states, in the format of either release.
func TestGroupStacksWithLabels(t *testing.T) {
	for _, file := range []string{"go1.26.txt", "go1.27.txt"} {
		text, err := os.ReadFile(filepath.Join("..", "..", "internal", "goroutine", "testdata", file))
		require.NoError(t, err)
		groups := groupStacks(string(text))
		require.NotEmpty(t, groups)
		assert.Equal(t, 8, groups[0].Count, file)
		assert.Equal(t, "main.wait", groups[0].Entry)
		assert.Equal(t, []state{{"chan receive", 8}}, groups[0].States, file)
		bySite := map[string]*group{}
		for _, g := range groups {
			bySite[g.Site] = g
		}
		assert.Equal(t, []state{{"chan receive (nil chan)", 1}}, bySite["example.com/app/main.go:35"].States, file)
		require.Contains(t, bySite, "example.com/app/main.go:34", "what a WaitGroup was given")
		assert.Equal(t, "main.main.func2", bySite["example.com/app/main.go:34"].Entry)
	}
}

// The page does not show labels as states.
func TestGoroutinesPageWithLabels(t *testing.T) {
	t.Setenv("GODEBUG", "tracebacklabels=1")
	release := make(chan struct{})
	defer close(release)
	for i := range 20 {
		pprof.Do(t.Context(), pprof.Labels("request", strconv.Itoa(i)), func(context.Context) { go parked(release) })
	}
	captureWhen(t, func(n map[string]int64) bool { return n["inspect.parked"] == 20 })
	for _, g := range groupStacks(stacks(runtime.NumGoroutine())) {
		if g.Entry == "github.com/surefoot-go/surefoot/procx/inspect.parked" {
			assert.Equal(t, []state{{"chan receive", 20}}, g.States)
			return
		}
	}
	assert.Fail(t, "not found")
}

func FuzzGroupStacks(f *testing.F) {
	f.Add(dump)                                           // as the runtime writes it
	f.Add("goroutine 1 [")                                // cut off
	f.Add("goroutine 1 [x, 99999999999 minutes]:\n(\n\t") // odd
	f.Fuzz(func(t *testing.T, dump string) {
		for _, g := range groupStacks(dump) {
			sum := 0
			for _, s := range g.States {
				sum += s.Count
			}
			if sum != g.Count || g.Count == 0 {
				t.Errorf("%d goroutines in %d states", g.Count, sum)
			}
		}
	})
}

func TestGroupProfile(t *testing.T) {
	release := make(chan struct{})
	defer close(release)
	for range 20 {
		go parked(release)
	}
	p := captureWhen(t, func(n map[string]int64) bool { return n["inspect.parked"] == 20 })
	for _, g := range groupProfile(p) {
		if g.Entry == "github.com/surefoot-go/surefoot/procx/inspect.parked" {
			assert.Equal(t, 20, g.Count)
			assert.Negative(t, g.Oldest)
			assert.Contains(t, g.Stack, "runtime.gopark")
			return
		}
	}
	assert.Fail(t, "not found")
}

func TestAge(t *testing.T) {
	for d, want := range map[time.Duration]string{
		-1: "", 0: "< 1 min", time.Minute: "1 min", 119 * time.Minute: "119 min", 2 * time.Hour: "2 h", 50 * time.Hour: "50 h",
	} {
		assert.Equal(t, want, age(d))
	}
}

// Rows skip functions that start goroutines on behalf of others, in both forms of the page.
func TestGroupsSkipStarters(t *testing.T) {
	const here = "github.com/surefoot-go/surefoot/procx/inspect."
	release := make(chan struct{})
	g := procx.NewGroup(t.Context(), "test")
	for range 3 {
		g.Go("a", func(context.Context) error { taskOf(release); return nil })
		g.Go("b", func(context.Context) error { taskOf(release); return nil })
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() { taskOf(release) })
	}
	defer wg.Wait()
	defer close(release)
	p := captureWhen(t, func(n map[string]int64) bool { return n["inspect.taskOf"] == 10 })
	for form, groups := range map[string][]*group{"profile": groupProfile(p), "dump": groupStacks(stacks(runtime.NumGoroutine()))} {
		counts := map[string]int{}
		for _, g := range groups {
			counts[g.Entry] += g.Count
		}
		assert.Equal(t, 3, counts[here+"TestGroupsSkipStarters.func1"], form)
		assert.Equal(t, 3, counts[here+"TestGroupsSkipStarters.func2"], form)
		assert.Equal(t, 4, counts[here+"TestGroupsSkipStarters.func3"], form)
		for _, starter := range []string{"(*Group).run", "(*Group).start", "(*WaitGroup).Go"} {
			for entry := range counts {
				assert.NotContains(t, entry, starter, form)
			}
		}
	}
}

//go:noinline
func taskOf(release chan struct{}) { <-release }
