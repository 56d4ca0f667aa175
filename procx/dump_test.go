package procx

import (
	"os"
	"strings"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestParseGoroutine(t *testing.T) {
	tests := []struct {
		name, text string
		want       goroutine
	}{
		{"blocked",
			"goroutine 7 [chan receive]:\nmain.wait(...)\n\t/src/w.go:3\nmain.work(0x1, {0xc000012345, 0x2})\n\t/src/w.go:12 +0x1d\ncreated by main.main in goroutine 1\n\t/src/w.go:9 +0x25",
			goroutine{id: 7, state: "chan receive", entry: "main.work", creator: "main.main", parent: 1, at: "/src/w.go:9"}},
		{"main", "goroutine 1 [running]:\nmain.main()\n\t/src/w.go:12 +0x1d",
			goroutine{id: 1, state: "running", entry: "main.main"}},
		{"all that a state can have",
			"goroutine 8 [select (no cases) (leaked), 12 minutes, locked to thread, synctest bubble 1 labels:{\"a\": \"]:\\n\\\"\", \"b\": \"\"}]:\nmain.(*T[...]).run.func1()\n\tC:/a (b)/w.go:12 +0x1d\ncreated by main.(*T[...]).run in goroutine 1\n\tC:/a (b)/w.go:9 +0x25",
			goroutine{id: 8, state: "select (no cases), locked to thread, synctest bubble 1", leaked: true, waited: 12 * time.Minute, labels: `"a": "]:\n\"", "b": ""`,
				entry: "main.(*T[...]).run.func1", creator: "main.(*T[...]).run", parent: 1, at: "C:/a (b)/w.go:9"}},
		{"GOTRACEBACK=system",
			"goroutine 9 gp=0xc000003dc0 m=nil [chan send (nil chan), 1 minutes]:\nruntime.gopark(0x0?, 0x0?)\n\t/go/proc.go:462 +0xce fp=0xc1 sp=0xc2 pc=0x4\nmain.work()\n\t/src/w.go:12 +0x1d fp=0xc1 sp=0xc2 pc=0x4\nruntime.goexit({})\n\t/go/asm.s:1693 +0x1 fp=0xc1 sp=0xc2 pc=0x4\ncreated by main.main in goroutine 1\n\t/src/w.go:9 +0x25",
			goroutine{id: 9, state: "chan send (nil chan)", waited: time.Minute, entry: "main.work", creator: "main.main", parent: 1, at: "/src/w.go:9"}},
		{"GODEBUG=tracebackancestors=1",
			"goroutine 9 [select]:\nmain.work()\n\t/src/w.go:12 +0x1d\ncreated by main.a in goroutine 4\n\t/src/w.go:9 +0x25\n[originating from goroutine 4]:\nmain.a(...)\n\t/src/w.go:9 +0x25\ncreated by main.main\n\t/src/w.go:5 +0x25",
			goroutine{id: 9, state: "select", entry: "main.work", creator: "main.a", parent: 4, at: "/src/w.go:9"}},
		{"deep", "goroutine 9 [select]:\nmain.f()\n\t/src/w.go:12 +0x1d\n...910 frames elided...\nmain.work()\n\t/src/w.go:12 +0x1d\ncreated by main.a in goroutine 4\n\t/src/w.go:9 +0x25",
			goroutine{id: 9, state: "select", entry: "main.work", creator: "main.a", parent: 4, at: "/src/w.go:9"}},
		{"started by a timer", "goroutine 9 [select]:\nmain.work()\n\t/src/w.go:12 +0x1d\ncreated by time.goFunc\n\t/go/sleep.go:215 +0x2d",
			goroutine{id: 9, state: "select", entry: "main.work", creator: "time.goFunc", at: "/go/sleep.go:215"}},
		{"by a WaitGroup", "goroutine 9 [select]:\nmain.f()\n\t/src/f.go:1 +0x1\nmain.main.func1()\n\t/src/w.go:12 +0x1d\nsync.(*WaitGroup).Go.func1()\n\t/go/waitgroup.go:258 +0x54\ncreated by sync.(*WaitGroup).Go in goroutine 1\n\t/go/waitgroup.go:238 +0x73",
			goroutine{id: 9, state: "select", entry: "main.main.func1", creator: "sync.(*WaitGroup).Go", parent: 1, at: "/src/w.go:12"}},
		{"without a stack", "goroutine 9 [running]:\n\tgoroutine running on other thread; stack unavailable\ncreated by main.a in goroutine 4\n\t/src/w.go:9 +0x25",
			goroutine{id: 9, state: "running", creator: "main.a", parent: 4, at: "/src/w.go:9"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.want.text = tt.text
			got, ok := parseGoroutine(tt.text)
			assert.True(t, ok)
			assert.Equal(t, tt.want, got)
		})
	}
	for _, text := range []string{"", "goroutine", "goroutine x [running]:", "panic: boom"} {
		_, ok := parseGoroutine(text)
		assert.False(t, ok, text)
	}
}

func TestDump(t *testing.T) {
	before, was := os.LookupEnv("GODEBUG")
	text := dump(true)
	after, is := os.LookupEnv("GODEBUG")
	assert.Equal(t, before, after)
	assert.Equal(t, was, is)
	all := parseDump(text)
	require.NotEmpty(t, all)
	assert.Equal(t, self(), all[0].id, "the caller is first")
	assert.Equal(t, strings.TrimSuffix(all[0].text, "\n"), all[0].text)
	require.Contains(t, newFamily(all), uint64(1))
	assert.True(t, newFamily(all)[1].harness(), "main")
}

func TestShowLabelsKeepsWhatOthersSet(t *testing.T) {
	t.Setenv("GODEBUG", "a=b")
	restore := showLabels()
	assert.Equal(t, "a=b,tracebacklabels=1", os.Getenv("GODEBUG"))
	restore()
	assert.Equal(t, "a=b", os.Getenv("GODEBUG"))
	restore = showLabels()
	os.Setenv("GODEBUG", "c=d") // by another
	restore()
	assert.Equal(t, "c=d", os.Getenv("GODEBUG"))
}

func TestLook(t *testing.T) {
	block(t)
	block(t)
	find := func(groups []group) (n int) {
		for _, g := range groups {
			if g.entry() == thisPackage+"block.func1" {
				n += g.count
			}
		}
		return n
	}
	assert.Equal(t, 2, find(look()))
	assert.Equal(t, 2, find(lookLabels()))
	for _, groups := range [][]group{look(), lookLabels()} {
		looking := 0
		for _, g := range groups {
			if g.looks() {
				looking += g.count
			}
		}
		assert.Equal(t, 1, looking, "it knows itself")
	}
}

func TestTallyOfWhoLooks(t *testing.T) {
	look, lookLabels := thisPackage+"look", thisPackage+"lookLabels"
	assert.Equal(t, tally{thisPackage + "(*Watcher).run": 1, unnamed: 1, "main.f": 2}, tallyOf([]group{
		{count: 1, functions: []string{look, thisPackage + "(*process).suspects", thisPackage + "Find", "main.g"}},
		{count: 1, functions: []string{lookLabels, thisPackage + "(*check).suspects", "main.g"}},
		{count: 1, functions: []string{look, thisPackage + "(*Watcher).round", thisPackage + "(*Watcher).run"}},
		{count: 1, functions: []string{"testing.(*T).Run", "testing.tRunner"}},
		{count: 1}, // not begun to run
		{count: 2, functions: []string{"main.f"}},
	}), "a Watcher that looks may be what leaks")
}

// What a Watcher keeps for months is not the dump that it is from.
func TestLeakCopies(t *testing.T) {
	text := dump(true)
	g := parseDump(text)[0]
	require.NotEmpty(t, g.creator)
	l := g.leak()
	first := uintptr(unsafe.Pointer(unsafe.StringData(text)))
	for _, s := range []string{l.Function, l.CreatedBy, l.File, l.State, l.Stack} {
		p := uintptr(unsafe.Pointer(unsafe.StringData(s)))
		assert.False(t, first <= p && p < first+uintptr(len(text)), s)
	}
}

func TestParseProfile(t *testing.T) {
	const text = "goroutine profile: total 3\n" +
		"2 @ 0x47dcae 0x4158ee\n# labels: {\"k\":\"v\\n\"}\n#\t0x4dd93b\tmain.wait+0x3b\t\t/src/w.go:3\n#\t0x4dd90e\tmain.work+0xe\t\t/src/w.go:12\n\n" +
		"1 @ 0x442b31\n#\t0x4ca270\truntime/pprof.writeRuntimeProfile+0xb0\t/go/pprof.go:851\n#\t0x44cdf4\truntime.main+0x2d4\t/go/proc.go:290\n\n"
	assert.Equal(t, []group{
		{count: 2, labels: `{"k":"v\n"}`, functions: []string{"main.wait", "main.work"}},
		{count: 1, functions: []string{"runtime/pprof.writeRuntimeProfile", "runtime.main"}},
	}, parseProfile(text))
}

func TestLabelOf(t *testing.T) {
	tests := []struct{ labels, want string }{
		{``, ""},
		{`"procx.check": "12", "procx.test": "T"`, "12"},
		{`{"a":"b", "procx.check":"12", "procx.test":"T"}`, "12"},
		{`{"a":"\"procx.check\":\"13\"", "procx.check":"12"}`, "12"},
		{`{"a":"\"procx.check\":\"13\""}`, ""},
		{`{"xprocx.check":"12"}`, ""},
	}
	for _, tt := range tests {
		assert.Equal(t, tt.want, labelOf(tt.labels, checkLabel), tt.labels)
	}
}

func TestMatches(t *testing.T) {
	tests := []struct {
		pattern, function string
		want              bool
	}{
		{"net/http.(*persistConn).readLoop", "net/http.(*persistConn).readLoop", true},
		{"net/http.(*persistConn)", "net/http.(*persistConn).readLoop", true},
		{"net/http", "net/http.(*persistConn).readLoop", true},
		{"net", "net/http.(*persistConn).readLoop", false},
		{"net/...", "net/http.(*persistConn).readLoop", true},
		{"net/...", "net.(*Resolver).lookup", true},
		{"net/...", "network.f", false},
		{"a.F", "a.F.func1", true},
		{"a.F", "a.F[...]", true},
		{"a.F", "a.F2", false},
		{"a.F", "a", false},
	}
	for _, tt := range tests {
		assert.Equal(t, tt.want, matches(tt.pattern, tt.function), "%s %s", tt.pattern, tt.function)
	}
}

func FuzzParseDump(f *testing.F) {
	f.Add(dump(true)) // a real one
	f.Add("goroutine 7 [select (no cases) (leaked), 12 minutes labels:{\"a\": \"b\"}]:\nmain.f(...)\n\t/w.go:3\ncreated by main.main in goroutine 1\n\t/w.go:9 +0x25\n\n")
	f.Add("goroutine 7 [, 12 minutes]:\ncreated by \n\n[originating from goroutine 4]:\n")
	f.Fuzz(func(t *testing.T, text string) {
		for _, g := range parseDump(text) {
			if !strings.Contains(text, g.text) || !strings.Contains(g.text, g.entry) || !strings.Contains(g.text, g.creator) {
				t.Errorf("not from the dump: %+v", g)
			}
			g.harness()
			_ = g.leak().String()
		}
	})
}

func FuzzParseProfile(f *testing.F) {
	f.Add("goroutine profile: total 1\n1 @ 0x1\n# labels: {\"k\":\"v\"}\n#\t0x1\tmain.f+0x3b\t/w.go:3\n\n")
	f.Add("1 @\n#\t\n#\t\t\n# labels: \n")
	f.Fuzz(func(t *testing.T, text string) {
		for _, g := range parseProfile(text) {
			if g.count <= 0 || !strings.Contains(text, g.entry()) || !strings.Contains(text, labelOf(g.labels, checkLabel)) {
				t.Errorf("not from the profile: %+v", g)
			}
		}
	})
}
