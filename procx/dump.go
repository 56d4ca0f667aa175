package procx

import (
	"os"
	"runtime"
	"runtime/metrics"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// counters are how many goroutines the process has ever created, and how many it
// has. Reading them takes 100 ns and stops nothing.
func counters() (created, live uint64) {
	s := [2]metrics.Sample{{Name: "/sched/goroutines-created:goroutines"}, {Name: "/sched/goroutines:goroutines"}}
	metrics.Read(s[:])
	return s[0].Value.Uint64(), s[1].Value.Uint64()
}

// A goroutine is one paragraph of a stack dump. Its strings are parts of that.
type goroutine struct {
	id      uint64
	state   string // "chan receive (nil chan)", "select, locked to thread"
	waited  time.Duration
	leaked  bool   // by the runtime's leak profile
	labels  string // `"k": "v", "k": "v"`, quoted
	entry   string // the function that the go statement called
	creator string // the function with the go statement; "" for the main goroutine
	parent  uint64 // the goroutine that executed it; 0 if unknown
	at      string // file:line of the go statement, or in entry if that is a starter's
	text    string // the whole paragraph
}

// dump returns the stack traces of all goroutines, with labels if wanted. It stops
// the world while they are written.
func dump(labels bool) string {
	if labels {
		defer showLabels()()
	}
	_, live := counters()
	for size := 64<<10 + int(live)<<10; ; size *= 2 {
		buf := make([]byte, size)
		if n := runtime.Stack(buf, true); n < size {
			return string(buf[:n])
		}
	}
}

var showing sync.Mutex

// showLabels lets stack traces show labels until the function that it returns is
// called. The setting is the process's: what else the variable holds is kept, and
// what another sets in the meantime wins.
func showLabels() (restore func()) {
	const name, setting = "GODEBUG", "tracebacklabels=1"
	showing.Lock()
	old, was := os.LookupEnv(name)
	set := setting
	if old != "" {
		set = old + "," + setting
	}
	os.Setenv(name, set)
	return func() {
		defer showing.Unlock()
		if now := os.Getenv(name); now != set {
			return
		}
		if !was {
			os.Unsetenv(name)
			return
		}
		os.Setenv(name, old)
	}
}

// self returns the ID of the calling goroutine.
func self() uint64 {
	var buf [64]byte
	n := runtime.Stack(buf[:], false)
	g, _ := parseGoroutine(string(buf[:n]))
	return g.id
}

// parseDump parses what runtime.Stack writes. What it can't read it leaves out.
func parseDump(text string) []goroutine {
	list := make([]goroutine, 0, strings.Count(text, "\n\n")+1)
	for text != "" {
		var paragraph string
		paragraph, text, _ = strings.Cut(text, "\n\n")
		if g, ok := parseGoroutine(strings.TrimSuffix(paragraph, "\n")); ok {
			list = append(list, g)
		}
	}
	return list
}

// parseGoroutine parses a paragraph like
//
//	goroutine 7 [chan receive (leaked), 5 minutes, locked to thread labels:{"k": "v"}]:
//	main.leak(0x1)
//		/src/main.go:12 +0x1d
//	created by main.main in goroutine 1
//		/src/main.go:9 +0x25
func parseGoroutine(text string) (g goroutine, ok bool) {
	head, body, _ := strings.Cut(text, "\n")
	rest, ok := strings.CutPrefix(head, "goroutine ")
	if !ok {
		return g, false
	}
	number, rest, _ := strings.Cut(rest, " ")
	if g.id, ok = parseID(number); !ok {
		return g, false
	}
	g.text = text
	// A GOTRACEBACK of system puts addresses before the state.
	_, rest, _ = strings.Cut(rest, "[")
	g.parseState(strings.TrimSuffix(rest, "]:"))

	// GODEBUG=tracebackancestors adds the stacks of those that created it.
	frames, _, _ := strings.Cut(body, "\n[originating from goroutine ")
	if i := lastIndexLine(frames, "created by "); i >= 0 {
		by, at, _ := strings.Cut(frames[i+len("created by "):], "\n")
		frames = frames[:i]
		g.creator = by
		if name, id, ok := strings.Cut(by, " in goroutine "); ok {
			g.creator = name
			g.parent, _ = parseID(id)
		}
		g.at = place(at)
	}
	entry, at := outermost(frames)
	g.entry = entry
	if slices.Contains(starters, g.creator) {
		g.at = at
	}
	return g, true
}

func parseID(s string) (uint64, bool) {
	id, err := strconv.ParseUint(s, 10, 64)
	return id, err == nil
}

func (g *goroutine) parseState(s string) {
	if i := strings.Index(s, " labels:{"); i >= 0 {
		g.labels = strings.TrimSuffix(s[i+len(" labels:{"):], "}")
		s = s[:i]
	}
	if before, after, ok := strings.Cut(s, " (leaked)"); ok {
		g.leaked = true
		s = before + after
	}
	if i := strings.Index(s, " minutes"); i >= 0 {
		if j := strings.LastIndex(s[:i], ", "); j >= 0 {
			n, _ := strconv.Atoi(s[j+2 : i])
			g.waited = time.Duration(n) * time.Minute
			s = s[:j] + s[i+len(" minutes"):]
		}
	}
	g.state = s
}

// certain says whether it is proved that the goroutine can never go on.
func (g *goroutine) certain() bool {
	return g.leaked || strings.Contains(g.state, "(nil chan)") || strings.Contains(g.state, "(no cases)")
}

// functions are those on the stack, innermost first, and the creator.
func (g *goroutine) functions() []string {
	var list []string
	for line := range strings.Lines(g.text) {
		if name := functionOf(line); name != "" {
			list = append(list, name)
		}
	}
	return append(list, g.creator)
}

// functionOf returns the function that a line of a paragraph calls, "" if it
// isn't such a line.
func functionOf(line string) string {
	if i := strings.LastIndexByte(line, '('); i > 0 && line[0] != '\t' && !strings.HasPrefix(line, "goroutine ") && !strings.HasPrefix(line, "created by ") {
		return line[:i]
	}
	return ""
}

// outermost returns the outermost function in frames that is not scaffold, and the
// file:line at which it is.
func outermost(frames string) (function, at string) {
	below := ""
	for frames = strings.TrimSuffix(frames, "\n"); frames != ""; {
		i := strings.LastIndexByte(frames, '\n')
		line := frames[i+1:]
		if function = functionOf(line); function != "" && !scaffold(function) {
			return function, place(below)
		}
		frames, below = frames[:max(i, 0)], line
	}
	return "", ""
}

// lastIndexLine returns the index of the last line that begins with prefix.
func lastIndexLine(s, prefix string) int {
	if i := strings.LastIndex(s, "\n"+prefix); i >= 0 {
		return i + 1
	}
	if strings.HasPrefix(s, prefix) {
		return 0
	}
	return -1
}

// place returns the file:line of a line "\tfile:line +0x1d".
func place(line string) string {
	line = strings.TrimSpace(line)
	if i := strings.LastIndex(line, " +0x"); i >= 0 {
		line = line[:i]
	}
	return line
}
