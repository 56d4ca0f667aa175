package goroutine

import (
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/surefoot-go/surefoot/internal/goroutine/inlined"
)

const inlinedPackage = "github.com/surefoot-go/surefoot/internal/goroutine/inlined."

// Functions that the compiler inlines into this test keep their names.
func TestSource(t *testing.T) {
	var wg sync.WaitGroup
	stop, ints := make(chan struct{}), make(chan int)
	defer wg.Wait()
	defer close(ints)
	defer close(stop)
	pool := inlined.New()
	defer pool.Close()
	inlined.Start(&wg, stop)
	inlined.Value{Stop: stop}.Start(&wg)
	inlined.StartAll(&wg, stop)
	inlined.StartAll(&wg, ints)
	inlined.Two(&wg, stop)
	func() { inlined.Start(&wg, stop) }()
	wg.Go(func() { <-stop })

	want := map[string]int{
		inlinedPackage + "(*Pool).start.func1": 1, inlinedPackage + "Start.func1": 2, inlinedPackage + "Value.Start.func1": 1,
		inlinedPackage + "StartAll[...].func1": 2, inlinedPackage + "Two.func2": 1,
	}
	assert.Equal(t, want, eventually(want, func() map[string]int {
		var n Namer
		count := make(map[string]int)
		buf := make([]byte, 1<<20)
		for _, g := range Parse(string(buf[:runtime.Stack(buf, true)])) {
			entry, creator := n.Source(&g)
			if _, ok := want[entry]; ok || g.Parent != 0 && g.State == "chan receive" && creator == "sync.(*WaitGroup).Go" {
				count[entry]++
				assert.Contains(t, n.Functions(&g), entry)
			}
		}
		for entry := range count { // the test's own
			if _, names := splitName(entry); names[0] == "TestSource" && len(names) == 2 {
				delete(count, entry)
			}
		}
		return count
	}))
}

// eventually calls f until it returns what is wanted, or for long enough.
func eventually(want map[string]int, f func() map[string]int) (got map[string]int) {
	for range 200 {
		if got = f(); assert.ObjectsAreEqual(want, got) {
			return got
		}
		time.Sleep(10 * time.Millisecond)
	}
	return got
}

func TestEnclosing(t *testing.T) {
	s := &symbols{
		into:      map[string]map[string]string{},
		functions: map[string]string{"main.main": "/m/main.go:1", "main.(*T).run": "/m/main.go:5", "main.T.run": "/m/main.go:7", "x.org/a.New": "/a/a.go:1"},
		types:     map[string]bool{"main.T": true, "x.org/a.V": true},
		packages:  map[string]string{"/m": "main", "/a": "x.org/a"},
	}
	for _, tt := range []struct{ function, file, in, literal string }{
		{"main.main.func1", "/m/main.go", "main.main", "func1"},
		{"main.main.func1.2", "/m/main.go", "main.main", "func1.2"},
		{"main.(*T).run.func1", "/m/main.go", "main.(*T).run", "func1"},
		{"main.T.run.func1", "/m/main.go", "main.T.run", "func1"},
		{"main.main.New.func3", "/m/main.go", "main.New", "func3"},
		{"main.main.New.(*T).run.func3", "/m/main.go", "main.(*T).run", "func3"},
		{"main.main.New.(*Pool).start.func1", "/a/a.go", "x.org/a.(*Pool).start", "func1"},
		{"main.main.New.(*Pool[...]).start.func1", "/a/a.go", "x.org/a.(*Pool[...]).start", "func1"},
		{"main.(*T).run.New.func1", "/a/a.go", "x.org/a.New", "func1"},
		{"main.T.run.V.start.func1", "/a/a.go", "x.org/a.V.start", "func1"},
		{"main.main.func1.New.func2", "/a/a.go", "x.org/a.New", "func2"},
		{"main.main.New.start.gowrap2", "/elsewhere/b.go", "main.start", "gowrap2"},
		{"main.init.0.func1", "/m/main.go", "main.init", "0.func1"},
	} {
		in, literal := s.enclosing(tt.function, tt.file)
		assert.Equal(t, tt.in, in, tt.function)
		assert.Equal(t, tt.literal, literal, tt.function)
	}
}

func TestSplitName(t *testing.T) {
	for function, want := range map[string][]string{
		"main.main":                         {"main", "main"},
		"a/b.c/d.(*T[...]).f.func1":         {"a/b.c/d", "(*T[...])", "f", "func1"},
		"gopkg.in/yaml%2ev3.F[a/b.c].g":     {"gopkg.in/yaml%2ev3", "F[a/b.c]", "g"},
		"nothing":                           {"", "nothing"},
		"":                                  {"", ""},
		"net/http.(*persistConn).writeLoop": {"net/http", "(*persistConn)", "writeLoop"},
	} {
		pkg, names := splitName(function)
		assert.Equal(t, want, append([]string{pkg}, names...), function)
	}
}

func FuzzName(f *testing.F) {
	f.Add("main.main.New.(*Pool).start.func1", "/a/a.go:1")
	f.Add("a/b.F[...].func1.2", "")
	f.Add(".(]..func1", ":")
	f.Fuzz(func(t *testing.T, function, at string) {
		var n Namer
		if name := n.Name(function, at); name != n.Name(function, at) || Renamed(function) && name == "" {
			t.Errorf("%q", name)
		}
	})
}
