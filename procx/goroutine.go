package procx

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

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

// parseDump parses what runtime.Stack writes. What it can't read it leaves out.
func parseDump(text string) []goroutine {
	list := make([]goroutine, 0, len(text)/512) // or so
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

	g.parseStack(strings.TrimSuffix(body, "\n"))
	return g, true
}

// parseStack looks for the creator and the entry from the outer end on.
func (g *goroutine) parseStack(body string) {
	if strings.IndexByte(body, '[') >= 0 {
		// GODEBUG=tracebackancestors adds the stacks of those that created it.
		body, _, _ = strings.Cut(body, "\n[originating from goroutine ")
	}
	for below := ""; body != ""; {
		i := strings.LastIndexByte(body, '\n')
		line := body[i+1:]
		if by, ok := strings.CutPrefix(line, "created by "); ok {
			name, id, _ := strings.Cut(by, " in goroutine ")
			g.creator, g.at = name, place(below)
			g.parent, _ = parseID(id)
		} else if function := functionOf(line); function != "" && !scaffold(function) {
			g.entry = function
			if slices.Contains(starters, g.creator) {
				g.at = place(below)
			}
			return
		}
		body, below = body[:max(i, 0)], line
	}
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

// place returns the file:line of a line "\tfile:line +0x1d", after which a GOTRACEBACK of
// system has more numbers.
func place(line string) string {
	line = strings.TrimPrefix(line, "\t")
	for {
		i := strings.LastIndexByte(line, ' ')
		if i < 0 || !strings.Contains(line[i:], "0x") {
			return line
		}
		line = line[:i]
	}
}
