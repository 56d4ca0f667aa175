package procx

import (
	"os"
	"strings"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/internal/goroutine"
)

func TestDump(t *testing.T) {
	before, was := os.LookupEnv("GODEBUG")
	text := dump(true)
	after, is := os.LookupEnv("GODEBUG")
	assert.Equal(t, before, after)
	assert.Equal(t, was, is)
	all := goroutine.Parse(text)
	require.NotEmpty(t, all)
	assert.Equal(t, self(), all[0].ID, "the caller is first")
	assert.Equal(t, strings.TrimSuffix(all[0].Text, "\n"), all[0].Text)
	require.Contains(t, newFamily(all), uint64(1))
	assert.True(t, harness(newFamily(all)[1]), "main")
}

func TestShowLabelsKeepsOtherSettings(t *testing.T) {
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

func TestTallyExcludesLooks(t *testing.T) {
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

// A Watcher, which may run for months, does not retain the dump.
func TestLeakCopies(t *testing.T) {
	text := dump(true)
	g := goroutine.Parse(text)[0]
	require.NotEmpty(t, g.Creator)
	l := leakOf(&g, g.Entry, g.Creator)
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
		{count: 2, labels: `"k":"v\n"`, functions: []string{"main.wait", "main.work"}},
		{count: 1, functions: []string{"runtime/pprof.writeRuntimeProfile", "runtime.main"}},
	}, parseProfile(text))
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
		{"gopkg.in/yaml.v3", "gopkg.in/yaml%2ev3.F[a/b.c].g", true},
		{"gopkg.in/yaml.v3.F", "gopkg.in/yaml%2ev3.F", true},
		{"gopkg.in/yaml%2ev3.F", "gopkg.in/yaml%2ev3.F", true},
		{"gopkg.in/yaml.v3/...", "gopkg.in/yaml%2ev3.F", true},
		{"gopkg.in/yaml.v3/...", "gopkg.in/yaml.v3/sub.F", true},
		{"gopkg.in/yaml.v", "gopkg.in/yaml%2ev3.F", false},
		{"gopkg.in/yaml", "gopkg.in/yaml%2ev3.F", false},
		{"gopkg.in/...", "gopkg.in/yaml%2ev3.F", true},
		{"a", "a%zz.F", false},
	}
	for _, tt := range tests {
		assert.Equal(t, tt.want, matches(tt.pattern, tt.function), "%s %s", tt.pattern, tt.function)
	}
}

func FuzzParseProfile(f *testing.F) {
	f.Add("goroutine profile: total 1\n1 @ 0x1\n# labels: {\"k\":\"v\"}\n#\t0x1\tmain.f+0x3b\t/w.go:3\n\n")
	f.Add("1 @\n#\t\n#\t\t\n# labels: \n")
	f.Fuzz(func(t *testing.T, text string) {
		for _, g := range parseProfile(text) {
			if g.count <= 0 || !strings.Contains(text, g.entry()) || !strings.Contains(text, g.check()) {
				t.Errorf("not from the profile: %+v", g)
			}
		}
	})
}
