// Package goroutine parses the runtime's stack traces: those of [runtime.Stack], and the text
// format (debug=1) of the goroutine profiles of [runtime/pprof].
//
// Neither format is documented, and both may change. The parsers support those of Go 1.26 and Go
// 1.27, and skip anything that they can't parse.
package goroutine

import (
	"strconv"
	"strings"
	"time"
)

// A Goroutine is one paragraph of a stack trace. Its strings are parts of that text.
type Goroutine struct {
	ID      uint64
	State   string        // "chan receive (nil chan)", "select, locked to thread"
	Waited  time.Duration // in whole minutes
	Leaked  bool          // proved by the runtime's leak profile
	Labels  string        // as the runtime wrote them, without the braces; see Label
	Entry   string        // the function that the go statement called
	Creator string        // the function with the go statement; "" for the main goroutine
	Parent  uint64        // the goroutine that executed it; 0 if unknown
	Site    string        // file:line of the go statement, or in Entry if that is a starter's
	Text    string        // the whole paragraph
}

// Parse parses the output of [runtime.Stack] for all goroutines.
func Parse(text string) []Goroutine {
	list := make([]Goroutine, 0, len(text)/512) // or so
	for text != "" {
		var paragraph string
		paragraph, text, _ = strings.Cut(text, "\n\n")
		if g, ok := ParseOne(strings.Trim(paragraph, "\n")); ok {
			list = append(list, g)
		}
	}
	return list
}

// ParseOne parses the paragraph of one goroutine, and reports whether it is one:
//
//	goroutine 7 [chan receive (leaked), 5 minutes, locked to thread] {k: v}:
//	main.leak(0x1)
//		/src/main.go:12 +0x1d
//	created by main.main in goroutine 1
//		/src/main.go:9 +0x25
func ParseOne(text string) (g Goroutine, ok bool) {
	head, body, _ := strings.Cut(text, "\n")
	rest, ok := strings.CutPrefix(head, "goroutine ")
	if !ok {
		return g, false
	}
	number, rest, _ := strings.Cut(rest, " ")
	if g.ID, ok = parseID(number); !ok {
		return g, false
	}
	g.Text = text
	// GOTRACEBACK=system puts addresses before the state.
	_, rest, _ = strings.Cut(rest, "[")
	state, labels := splitHead(rest)
	g.Labels = labels
	g.parseState(state)
	g.parseStack(strings.TrimSuffix(body, "\n"))
	return g, true
}

// In a paragraph's first line, these precede the labels: in Go 1.26 inside the brackets of the
// state, since Go 1.27 behind them. No state contains either.
const (
	labels126 = " labels:{"
	labels127 = "] {"
)

// splitHead splits what follows the "[" of a paragraph's first line. A label may contain anything,
// so only the first bracket or brace counts.
func splitHead(s string) (state, labels string) {
	i := strings.IndexAny(s, "]{")
	switch {
	case i < 0:
		return s, ""
	case strings.HasPrefix(s[i:], labels127):
		return s[:i], strings.TrimSuffix(s[i+len(labels127):], "}:")
	case strings.HasSuffix(s[:i+1], labels126):
		return s[:i+1-len(labels126)], strings.TrimSuffix(s[i+1:], "}]:")
	}
	return s[:i], ""
}

func (g *Goroutine) parseState(s string) {
	if before, after, ok := strings.Cut(s, " (leaked)"); ok {
		g.Leaked = true
		s = before + after
	}
	if i := strings.Index(s, " minutes"); i >= 0 {
		if j := strings.LastIndex(s[:i], ", "); j >= 0 {
			if n, err := strconv.Atoi(s[j+2 : i]); err == nil {
				g.Waited = time.Duration(n) * time.Minute
			}
			s = s[:j] + s[i+len(" minutes"):]
		}
	}
	g.State = s
}

// parseStack looks for the creator and the entry from the outer end on.
func (g *Goroutine) parseStack(body string) {
	if strings.IndexByte(body, '[') >= 0 {
		// GODEBUG=tracebackancestors adds the stacks of those that created it.
		body, _, _ = strings.Cut(body, "\n[originating from goroutine ")
	}
	for below := ""; body != ""; {
		i := strings.LastIndexByte(body, '\n')
		line := body[i+1:]
		if by, ok := strings.CutPrefix(line, "created by "); ok {
			name, id, _ := strings.Cut(by, " in goroutine ")
			g.Creator, g.Site = name, Place(below)
			g.Parent, _ = parseID(id)
		} else if function := FunctionOf(line); function != "" && !Scaffold(function) {
			g.Entry = function
			if Starter(g.Creator) {
				g.Site = Place(below)
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

// Certain reports whether it is proved that the goroutine can never continue.
func (g *Goroutine) Certain() bool {
	return g.Leaked || strings.Contains(g.State, "(nil chan)") || strings.Contains(g.State, "(no cases)")
}

// Functions returns those on the stack, innermost first, and the creator.
func (g *Goroutine) Functions() []string {
	var list []string
	for line := range strings.Lines(g.Text) {
		if name := FunctionOf(line); name != "" {
			list = append(list, name)
		}
	}
	return append(list, g.Creator)
}

// Unlabelled returns Text without its labels.
func (g *Goroutine) Unlabelled() string {
	if g.Labels == "" {
		return g.Text
	}
	return strings.Replace(strings.Replace(g.Text, labels126+g.Labels+"}", "", 1), labels127+g.Labels+"}", "]", 1)
}

// FunctionOf returns the function that a line of a paragraph calls, or "" if it isn't such a line.
func FunctionOf(line string) string {
	if i := strings.LastIndexByte(line, '('); i > 0 && line[0] != '\t' && !strings.HasPrefix(line, "goroutine ") && !strings.HasPrefix(line, "created by ") {
		return line[:i]
	}
	return ""
}

// Place returns the file:line of a line "\tfile:line +0x1d", after which GOTRACEBACK=system writes
// more numbers.
func Place(line string) string {
	line = strings.TrimPrefix(line, "\t")
	for {
		i := strings.LastIndexByte(line, ' ')
		if i < 0 || !strings.Contains(line[i:], "0x") {
			return line
		}
		line = line[:i]
	}
}
