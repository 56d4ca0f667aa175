package procx

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/signal"
	"runtime"
	"runtime/pprof"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/internal/goroutine"
	"github.com/surefoot-go/surefoot/internal/testenv"
)

func TestCheck(t *testing.T) {
	tests := []struct {
		name string
		body func(t *testing.T)
		want string // in the report; "" for none
	}{
		{"nothing", func(*testing.T) {}, ""},
		{"a goroutine that ends", func(*testing.T) {
			done := make(chan struct{})
			go close(done)
			<-done
		}, ""},
		{"one that ends a little later", func(*testing.T) { go time.Sleep(10 * time.Millisecond) }, ""},
		{"one that stays", func(t *testing.T) { block(t) }, "TestFake left 1 goroutine running"},
		{"five", func(t *testing.T) {
			for range 5 {
				block(t)
			}
		}, "5 goroutines: github.com/surefoot-go/surefoot/procx.block.func1 [chan receive]"},
		{"below one that has ended", func(t *testing.T) {
			var wg sync.WaitGroup
			wg.Go(func() { block(t) })
			wg.Wait()
		}, "procx.block.func1"},
		{"one that lost its labels", func(t *testing.T) { blockUnlabelled(t) }, "procx.block.func1"},
		{"one with labels of its own", func(t *testing.T) {
			pprof.Do(context.Background(), pprof.Labels("a", `"procx.check":"1"`), func(context.Context) { block(t) })
		}, "procx.block.func1"},
		{"started by a timer", func(t *testing.T) {
			started := make(chan struct{})
			time.AfterFunc(0, func() { block(t); close(started) })
			<-started
		}, "procx.block.func1"},
		{"a thousand calls deep", func(t *testing.T) {
			done := make(chan struct{})
			go deep(1000, done)
			t.Cleanup(func() { close(done) })
		}, "procx.deep"},
		{"timer", func(*testing.T) { time.AfterFunc(time.Hour, func() {}) }, ""},
		{"ticker", func(*testing.T) { time.NewTicker(time.Hour) }, ""},
		{"signal.Notify", func(t *testing.T) {
			c := make(chan os.Signal, 1)
			signal.Notify(c, os.Interrupt)
			t.Cleanup(func() { signal.Stop(c) })
		}, ""},
		{"contexts", func(*testing.T) {
			ctx, cancel := context.WithTimeout(context.Background(), time.Hour)
			_ = cancel
			context.AfterFunc(ctx, func() {})
		}, ""},
		{"a subtest", func(t *testing.T) { t.Run("sub", func(*testing.T) {}) }, ""},
		{"a parallel subtest", func(t *testing.T) { t.Run("sub", func(t *testing.T) { t.Parallel() }) }, ""},
		{"a bubble", func(t *testing.T) {
			synctest.Test(t, func(*testing.T) { go time.Sleep(time.Hour); time.Sleep(2 * time.Hour) })
		}, ""},
		{"a CPU profile", func(t *testing.T) {
			var sink strings.Builder
			if err := pprof.StartCPUProfile(&sink); err != nil {
				t.Skip(err) // go test -cpuprofile
			}
			t.Cleanup(pprof.StopCPUProfile)
		}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.want == "" {
				assert.Empty(t, checked(patient, func() { tt.body(t) }))
				return
			}
			assert.Contains(t, checked(quick, func() { tt.body(t) }), tt.want)
		})
	}
}

func deep(n int, done chan struct{}) {
	if n == 0 {
		<-done
		return
	}
	deep(n-1, done)
	runtime.KeepAlive(n)
}

func TestCheckBaseline(t *testing.T) {
	for range 5 {
		block(t) // by the same goroutine, as below
	}
	assert.Empty(t, checked(patient, func() { go func() {}() }))

	// Replace goroutines of the same kind: the old ones end, new ones start.
	done, ended := make(chan struct{}), new(sync.WaitGroup)
	ended.Add(1)
	go sameKind(done, ended)
	report := checked(quick, func() {
		close(done)
		ended.Wait()
		done, ended = make(chan struct{}), new(sync.WaitGroup)
		ended.Add(1)
		pprof.SetGoroutineLabels(context.Background()) // which makes it harder
		go sameKind(done, ended)
	})
	assert.Contains(t, report, "left 1 goroutine running")
	close(done)
	ended.Wait()
}

// For many goroutines a Check only records the number per function.
func TestCheckAmongManyUnlabelled(t *testing.T) {
	for range few + 100 {
		block(t)
	}
	assert.Empty(t, checked(patient, func() { go func() {}() }))
	wg := new(sync.WaitGroup)
	wg.Add(1)
	defer wg.Done()
	report := checked(quick, func() {
		pprof.SetGoroutineLabels(context.Background())
		go await(wg)
	})
	assert.Contains(t, report, "left 1 goroutine running")
	assert.Contains(t, report, "procx.await [")
}

// Since the previous Check, no goroutine has been created, but one of the same kind has ended.
func TestCheckAmongFewerUnlabelled(t *testing.T) {
	stay, leave := newCrowd(), newCrowd()
	defer stay.dismiss()
	stay.connections(few + 100)
	leave.connections(1)
	assert.Empty(t, checked(patient, func() {}))
	n := runtime.NumGoroutine()
	leave.dismiss()
	for runtime.NumGoroutine() == n {
		runtime.Gosched()
	}
	assert.Contains(t, checked(quick, func() {
		pprof.SetGoroutineLabels(context.Background())
		stay.connections(1)
	}), "left 1 goroutine running")
}

// An unlabelled goroutine is not mistaken for one of the same kind that an earlier Check has
// reported.
func TestCheckAfterOldLeaks(t *testing.T) {
	for range 3 {
		assert.Contains(t, checked(quick, func() { block(t) }), "left 1 goroutine")
	}
	assert.Contains(t, checked(quick, func() {
		blockUnlabelled(t)
	}), "left 1 goroutine")
}

func blockUnlabelled(t testing.TB) {
	var wg sync.WaitGroup
	wg.Go(func() {
		pprof.SetGoroutineLabels(context.Background())
		block(t)
	})
	wg.Wait()
}

func sameKind(done chan struct{}, ended *sync.WaitGroup) { defer ended.Done(); <-done }

func TestCheckBlamesOnlyLeakingTest(t *testing.T) {
	assert.NotEmpty(t, checked(quick, func() { block(t) }))
	assert.Empty(t, checked(patient, func() { go func() {}() }), "the next one")
	outer := checked(patient, func() {
		inner := checked(quick, func() { block(t) })
		assert.NotEmpty(t, inner)
	})
	assert.Empty(t, outer, "reported already")

	for range 3 {
		block(t)
	}
	outer = checked(patient, func() {
		assert.Contains(t, checked(quick, func() { blockUnlabelled(t) }), "left 1 goroutine")
	})
	assert.Empty(t, outer, "nor others of the same kind, from before")
}

func TestCheckFewAmongMany(t *testing.T) {
	for range 6000 {
		block(t)
	}
	done, ended := make(chan struct{}), new(sync.WaitGroup)
	ended.Add(5)
	t.Cleanup(func() { close(done); ended.Wait() })
	report := checked(quick, func() {
		for range 5 {
			go sameKind(done, ended)
		}
	})
	assert.Contains(t, report, "left 5 goroutines running")
	assert.Contains(t, report, "5 goroutines: "+thisPackage+"sameKind [chan receive], started by "+thisPackage+"TestCheckFewAmongMany")
	assert.Equal(t, 1, strings.Count(report, "\tgoroutine "), "one stack")
}

func TestCheckOptions(t *testing.T) {
	entry := thisPackage + "block.func1"
	tests := []struct {
		name string
		o    Options
		want string
	}{
		{"ignored by its function", Options{Ignore: []string{entry}}, ""},
		{"by the one that waits", Options{Ignore: []string{thisPackage + "waitFor"}}, ""},
		{"by its creator", Options{Ignore: []string{thisPackage + "block"}}, ""},
		{"by its package", Options{Ignore: []string{strings.TrimSuffix(thisPackage, ".")}}, ""},
		{"by its module", Options{Ignore: []string{"github.com/surefoot-go/..."}}, ""},
		{"by another", Options{Ignore: []string{"github.com/surefoot"}}, "left 2"},
		{"known", Options{Known: map[string]int{entry: 2}}, ""},
		{"known by its creator", Options{Known: map[string]int{thisPackage + "block": 2}}, ""},
		{"one more than known", Options{Known: map[string]int{entry: 1}}, "left 2"},
		{"no pattern", Options{Ignore: []string{""}}, "Ignore[0]"},
		{"no number", Options{Known: map[string]int{entry: -1}}, "-1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.o.Settle = quickIf(tt.want != "").Settle
			report := checked(&tt.o, func() { block(t); block(t) })
			if tt.want == "" {
				assert.Empty(t, report)
				return
			}
			assert.Contains(t, report, tt.want)
		})
	}
	_, err := Find(&Options{Ignore: []string{"..."}})
	assert.ErrorContains(t, err, "Ignore[0]")
	assert.Equal(t, 2, CheckMain(nil, &Options{Known: map[string]int{"": 1}}))
}

// forGood lists goroutines that other tests leave running.
var forGood = []string{thisPackage + "receive", thisPackage + "lock", thisPackage + "forever"}

func TestCheckClosesIdleConnections(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer server.Close()
	get := func(transport http.RoundTripper) {
		response, err := (&http.Client{Transport: transport}).Get(server.URL)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
	}
	named := &http.Transport{}
	assert.Empty(t, checked(patient, func() { get(http.DefaultTransport) }))
	assert.Empty(t, checked(&Options{Settle: patient.Settle, CloseIdle: []*http.Transport{named}}, func() { get(named) }))
	assert.Contains(t, checked(quick, func() { get(named) }), "net/http.(*persistConn).readLoop")
	named.CloseIdleConnections()

	_, err := Find(&Options{CloseIdle: []*http.Transport{nil}})
	assert.EqualError(t, err, "procx: Options.CloseIdle[0] is nil")
}

func TestFind(t *testing.T) {
	for range 3 {
		block(t)
	}
	leaks, err := Find(&Options{Settle: 50 * time.Millisecond, Ignore: forGood})
	require.NoError(t, err)
	require.Len(t, leaks, 1)
	l := leaks[0]
	assert.Equal(t, thisPackage+"block.func1", l.Function)
	assert.Equal(t, thisPackage+"block", l.CreatedBy)
	assert.Equal(t, "main_test.go", l.File[strings.LastIndexByte(l.File, '/')+1:])
	assert.NotZero(t, l.Line)
	assert.Equal(t, 3, l.Count)
	assert.Equal(t, "chan receive", l.State)
	assert.False(t, l.Certain)
	assert.Contains(t, l.Stack, "procx.waitFor")
	assert.Contains(t, l.String(), "3 goroutines: ")

	leaks, err = Find(&Options{Settle: -1, Ignore: append(forGood, thisPackage+"waitFor")})
	require.NoError(t, err)
	assert.Empty(t, leaks)
}

// A main goroutine with a deep stack is not a leak, and Find does not wait for it.
func TestFindWithDeepMain(t *testing.T) {
	out, err := testenv.Command(t, "deep main").CombinedOutput()
	require.NoError(t, err, string(out))
}

func findDeep(n int) int {
	if n > 0 {
		return findDeep(n-1) + 0*n
	}
	found := make(chan int)
	go func() {
		start := time.Now()
		leaks, err := Find(&Options{Settle: time.Hour})
		if err != nil || len(leaks) > 0 {
			fmt.Println(err, leaks, time.Since(start))
			found <- 1
		}
		found <- 0
	}()
	return <-found
}

func quickIf(leaks bool) *Options {
	if leaks {
		return quick
	}
	return patient
}

func TestInnerParallel(t *testing.T) {
	needInner(t)
	meet := meeting(4)
	for _, name := range []string{"a", "b", "leaks", "d"} {
		t.Run(name, func(t *testing.T) {
			Check(t, quickIf(name == "leaks"))
			t.Parallel()
			done := make(chan struct{})
			go func() { time.Sleep(5 * time.Millisecond); close(done) }()
			if name == "leaks" {
				go waitFor(nil)
			}
			<-done
			meet()
		})
	}
}

func TestInnerParallelUnlabelled(t *testing.T) {
	needInner(t)
	meet := meeting(4)
	for _, name := range []string{"a", "b", "leaks", "d"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			Check(t, quickIf(name == "leaks"))
			if name == "leaks" {
				pprof.SetGoroutineLabels(context.Background())
				go func() { go waitFor(nil); select {} }()
			}
			meet()
		})
	}
}

func TestParallel(t *testing.T) {
	for _, name := range []string{"TestInnerParallel", "TestInnerParallelUnlabelled"} {
		t.Run(name, func(t *testing.T) {
			verdicts, out, code := inner(t, "tests", name)
			assert.Equal(t, map[string]string{name: "FAIL", name + "/a": "PASS", name + "/b": "PASS", name + "/leaks": "FAIL", name + "/d": "PASS"}, verdicts, out)
			assert.Equal(t, 1, code)
			assert.Contains(t, out, "procx.waitFor [chan receive (nil chan)]")
		})
	}
}

// A run is a testing.M that only calls a function.
type run func()

func (r run) Run() int { r(); return 0 }

func TestCheckMainBaseline(t *testing.T) {
	t.Run("not begun to run", func(t *testing.T) {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
		for _, n := range []int{1, few + 1} { // told apart by ID, and by name
			crowd := newCrowd()
			crowd.connections(n)
			assert.Zero(t, CheckMain(run(runtime.Gosched), quick))
			crowd.dismiss()
		}
	})
	t.Run("one for one", func(t *testing.T) {
		before, after := newCrowd(), newCrowd()
		before.connections(1)
		assert.Equal(t, 1, CheckMain(run(func() { before.dismiss(); after.connections(1) }), quick))
		after.dismiss()
	})
}

func TestInnerUnchecked(t *testing.T) {
	needInner(t)
	t.Run("parallel", func(t *testing.T) { t.Parallel(); go waitFor(nil) })
}

func TestInnerClean(t *testing.T) {
	needInner(t)
	t.Run("parallel", func(t *testing.T) { t.Parallel(); go time.Sleep(time.Millisecond) })
}

func TestCheckMain(t *testing.T) {
	_, out, code := inner(t, "checkmain, quick", "TestInnerUnchecked")
	assert.Equal(t, 1, code)
	assert.Contains(t, out, "procx: the tests left 1 goroutine running")
	assert.Contains(t, out, "procx.waitFor")

	_, out, code = inner(t, "checkmain", "TestInnerClean")
	assert.Zero(t, code, out)
	assert.NotContains(t, out, "left")

	_, out, code = inner(t, "checkmain", "TestInnerParallel")
	assert.Equal(t, 1, code)
	assert.NotContains(t, out, "the tests left", "the tests' own verdict is enough")
}

func TestTallyNewest(t *testing.T) {
	list := []goroutine.Goroutine{{ID: 1, Entry: "a"}, {ID: 2, Entry: "b"}, {ID: 3, Entry: "a"}, {ID: 4, Entry: "c"}}
	ids := func(of []goroutine.Goroutine) (ids []uint64) {
		for _, g := range of {
			ids = append(ids, g.ID)
		}
		slices.Sort(ids)
		return ids
	}
	assert.Equal(t, []uint64{3}, ids(tally{"a": 1}.newest(list)))
	assert.Equal(t, []uint64{1, 3}, ids(tally{"a": 5}.newest(list)))
	assert.Equal(t, []uint64{3, 4}, ids(tally{"c": 1, unnamed: 1}.newest(list)), "none twice")
	assert.Empty(t, tally{"x": 1}.newest(list))
}
