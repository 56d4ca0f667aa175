package goroutine

import (
	"context"
	"os"
	"runtime"
	"runtime/pprof"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestParseOne(t *testing.T) {
	tests := []struct {
		name, text string
		want       Goroutine
	}{
		{"blocked",
			"goroutine 7 [chan receive]:\nmain.wait(...)\n\t/src/w.go:3\nmain.work(0x1, {0xc000012345, 0x2})\n\t/src/w.go:12 +0x1d\ncreated by main.main in goroutine 1\n\t/src/w.go:9 +0x25",
			Goroutine{ID: 7, State: "chan receive", Entry: "main.work", Creator: "main.main", Parent: 1, Site: "/src/w.go:9"}},
		{"main", "goroutine 1 [running]:\nmain.main()\n\t/src/w.go:12 +0x1d",
			Goroutine{ID: 1, State: "running", Entry: "main.main"}},
		{"all that a state can have",
			"goroutine 8 [select (no cases) (leaked), 12 minutes, locked to thread, synctest bubble 1 labels:{\"a\": \"]:\\n\\\"\", \"b\": \"\"}]:\nmain.(*T[...]).run.func1()\n\tC:/a (b)/w.go:12 +0x1d\ncreated by main.(*T[...]).run in goroutine 1\n\tC:/a (b)/w.go:9 +0x25",
			Goroutine{ID: 8, State: "select (no cases), locked to thread, synctest bubble 1", Leaked: true, Waited: 12 * time.Minute, Labels: `"a": "]:\n\"", "b": ""`,
				Entry: "main.(*T[...]).run.func1", Creator: "main.(*T[...]).run", Parent: 1, Site: "C:/a (b)/w.go:9"}},
		{"the same since Go 1.27",
			"goroutine 8 [select (no cases) (leaked), 12 minutes, locked to thread, synctest bubble 1] {a: \"]:\\n\\\"\", b: }:\nmain.(*T[...]).run.func1()\n\tC:/a (b)/w.go:12 +0x1d\ncreated by main.(*T[...]).run in goroutine 1\n\tC:/a (b)/w.go:9 +0x25",
			Goroutine{ID: 8, State: "select (no cases), locked to thread, synctest bubble 1", Leaked: true, Waited: 12 * time.Minute, Labels: `a: "]:\n\"", b: `,
				Entry: "main.(*T[...]).run.func1", Creator: "main.(*T[...]).run", Parent: 1, Site: "C:/a (b)/w.go:9"}},
		{"GOTRACEBACK=system",
			"goroutine 9 gp=0xc000003dc0 m=nil [chan send (nil chan), 1 minutes]:\nruntime.gopark(0x0?, 0x0?)\n\t/go/proc.go:462 +0xce fp=0xc1 sp=0xc2 pc=0x4\nmain.work()\n\t/src/w.go:12 +0x1d fp=0xc1 sp=0xc2 pc=0x4\nruntime.goexit({})\n\t/go/asm.s:1693 +0x1 fp=0xc1 sp=0xc2 pc=0x4\ncreated by main.main in goroutine 1\n\t/src/w.go:9 +0x25",
			Goroutine{ID: 9, State: "chan send (nil chan)", Waited: time.Minute, Entry: "main.work", Creator: "main.main", Parent: 1, Site: "/src/w.go:9"}},
		{"GODEBUG=tracebackancestors=1",
			"goroutine 9 [select]:\nmain.work()\n\t/src/w.go:12 +0x1d\ncreated by main.a in goroutine 4\n\t/src/w.go:9 +0x25\n[originating from goroutine 4]:\nmain.a(...)\n\t/src/w.go:9 +0x25\ncreated by main.main\n\t/src/w.go:5 +0x25",
			Goroutine{ID: 9, State: "select", Entry: "main.work", Creator: "main.a", Parent: 4, Site: "/src/w.go:9"}},
		{"deep", "goroutine 9 [select]:\nmain.f()\n\t/src/w.go:12 +0x1d\n...910 frames elided...\nmain.work()\n\t/src/w.go:12 +0x1d\ncreated by main.a in goroutine 4\n\t/src/w.go:9 +0x25",
			Goroutine{ID: 9, State: "select", Entry: "main.work", Creator: "main.a", Parent: 4, Site: "/src/w.go:9"}},
		{"started by a timer", "goroutine 9 [select]:\nmain.work()\n\t/src/w.go:12 +0x1d\ncreated by time.goFunc\n\t/go/sleep.go:215 +0x2d",
			Goroutine{ID: 9, State: "select", Entry: "main.work", Creator: "time.goFunc", Site: "/go/sleep.go:215"}},
		{"by a WaitGroup", "goroutine 9 [select]:\nmain.f()\n\t/src/f.go:1 +0x1\nmain.main.func1()\n\t/src/w.go:12 +0x1d\nsync.(*WaitGroup).Go.func1()\n\t/go/waitgroup.go:258 +0x54\ncreated by sync.(*WaitGroup).Go in goroutine 1\n\t/go/waitgroup.go:238 +0x73",
			Goroutine{ID: 9, State: "select", Entry: "main.main.func1", Creator: "sync.(*WaitGroup).Go", Parent: 1, Site: "/src/w.go:12"}},
		{"without a stack", "goroutine 9 [running]:\n\tgoroutine running on other thread; stack unavailable\ncreated by main.a in goroutine 4\n\t/src/w.go:9 +0x25",
			Goroutine{ID: 9, State: "running", Creator: "main.a", Parent: 4, Site: "/src/w.go:9"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.want.Text = tt.text
			got, ok := ParseOne(tt.text)
			assert.True(t, ok)
			assert.Equal(t, tt.want, got)
		})
	}
	for _, text := range []string{"", "goroutine", "goroutine x [running]:", "panic: boom"} {
		_, ok := ParseOne(text)
		assert.False(t, ok, text)
	}
}

// The output of both releases for the same program, in which goroutines have labels of every kind.
// Go 1.26 loses a byte that is not UTF-8.
func TestParseCaptured(t *testing.T) {
	want := map[uint64]map[string]string{
		1:  {},
		7:  {"procx.check": "12", "procx.test": "TestX/sub"},
		8:  {"k": "v"},
		9:  {"braces": "a}: {b", "brackets": "]: [x]:"},
		10: {"newline": "a\nb\n\nc", "quote": `"procx.check": "13"`, "procx.check": "14"},
		11: {"中文": "値", "latin": "é\u00a0", "invalid": "a\xffb", "control": "\x01\x7f", "wide": "😀"},
		12: {"empty": "", "": "no key", "a: b, c": "d, procx.check: 15"},
		13: {"comma": "a, procx.check: 16"},
		14: {"procx.check": ""},
		15: {},
		16: {},
		17: {"k": "v"},
	}
	for _, file := range []string{"go1.26.txt", "go1.27.txt"} {
		t.Run(file, func(t *testing.T) {
			text, err := os.ReadFile("testdata/" + file)
			require.NoError(t, err)
			all := Parse(string(text))
			require.Len(t, all, len(want))
			for _, g := range all {
				for key, value := range want[g.ID] {
					if file == "go1.26.txt" {
						value = strings.ToValidUTF8(value, "\ufffd")
					}
					got, ok := g.Label(key)
					assert.True(t, ok, "goroutine %d has %q", g.ID, key)
					assert.Equal(t, value, got, "goroutine %d", g.ID)
				}
				_, ok := g.Label("procx.check")
				_, wanted := want[g.ID]["procx.check"]
				assert.Equal(t, wanted, ok, "goroutine %d", g.ID)
				head, _, _ := strings.Cut(g.Unlabelled(), "\n")
				assert.NotContains(t, head, "{")
				assert.Regexp(t, `^goroutine \d+ \[[a-z(), ]+\]:$`, head)
				switch g.ID {
				case 1:
					assert.Equal(t, "running", g.State)
					assert.Empty(t, g.Creator)
				case 17:
					assert.Equal(t, "chan receive (nil chan), locked to thread", g.State)
					assert.True(t, g.Certain())
				default:
					assert.Equal(t, "chan receive", g.State)
				}
			}
		})
	}
}

// The output of this release of Go.
func TestParseThisRelease(t *testing.T) {
	t.Setenv("GODEBUG", "tracebacklabels=1")
	c := make(chan int)
	defer close(c)
	labels := pprof.Labels("procx.check", "12", "text", "a}: \n\n]:\"", "中文", "値")
	pprof.Do(t.Context(), labels, func(context.Context) { go func() { <-c }() })
	buf := make([]byte, 1<<20)
	for {
		for _, g := range Parse(string(buf[:runtime.Stack(buf, true)])) {
			if number, ok := g.Label("procx.check"); ok && g.State == "chan receive" {
				assert.Equal(t, "12", number)
				text, _ := g.Label("text")
				assert.Equal(t, "a}: \n\n]:\"", text)
				text, _ = g.Label("中文")
				assert.Equal(t, "値", text)
				assert.Regexp(t, `^goroutine \d+ \[chan receive\]:\n`, g.Unlabelled())
				return
			}
		}
		runtime.Gosched()
	}
}

func TestStarters(t *testing.T) {
	for function, want := range map[string]bool{
		"sync.(*WaitGroup).Go.func1":                                true,
		"sync.(*WaitGroup).Goes.func1":                              false,
		"golang.org/x/sync/errgroup.(*Group).Go.func1":              true,
		"golang.org/x/sync/errgroup.(*Group).TryGo.func1":           true,
		"github.com/surefoot-go/surefoot/procx.(*Group).run":        true,
		"runtime.goexit":                                            true,
		"main.main.func1":                                           false,
		"github.com/surefoot-go/surefoot/procx.(*Group).wait.func1": false,
	} {
		assert.Equal(t, want, Scaffold(function), function)
	}
}

func FuzzParse(f *testing.F) {
	for _, file := range []string{"go1.26.txt", "go1.27.txt"} {
		text, err := os.ReadFile("testdata/" + file)
		require.NoError(f, err)
		f.Add(string(text))
	}
	f.Add("goroutine 7 [select (no cases) (leaked), 12 minutes labels:{\"a\": \"b\"}]:\nmain.f(...)\n\t/w.go:3\ncreated by main.main in goroutine 1\n\t/w.go:9 +0x25\n\n")
	f.Add("goroutine 7 [select] {a: \"b\n") // cut off
	f.Add("goroutine 7 [, 12 minutes]:\ncreated by \n\n[originating from goroutine 4]:\n")
	f.Fuzz(func(t *testing.T, text string) {
		for _, g := range Parse(text) {
			for _, part := range []string{g.Entry, g.Creator, g.Site, g.Labels} {
				if !strings.Contains(text, g.Text) || !strings.Contains(g.Text, part) {
					t.Errorf("not from the dump: %+v", g)
				}
			}
			g.Label("procx.check")
			g.Certain()
			g.Functions()
			if len(g.Unlabelled()) > len(g.Text) {
				t.Errorf("labels were added: %+v", g)
			}
		}
	})
}
