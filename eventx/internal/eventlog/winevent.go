package eventlog

import (
	"encoding/xml"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/surefoot-go/surefoot/eventx/internal/queue"
	"github.com/surefoot-go/surefoot/eventx/internal/quote"
	"github.com/surefoot-go/surefoot/eventx/internal/reading"
	"github.com/surefoot-go/surefoot/internal/msgtable"
)

// parseWinEvent parses an event's XML, as returned by EvtRender (Microsoft, "Event Schema"). It
// skips unreadable parts, because one bad event must not end a query. It fails only if text
// contains no event.
//
// An event of this package has its text in its only insertion string, or in the first of nine. For
// other events the unnamed data are the message, unless the event was rendered; named data,
// UserData and binary data are attributes.
func parseWinEvent(text string) (reading.Record, error) {
	p := winParser{r: reading.Record{Level: slog.LevelInfo}}
	if !p.parse(text) {
		return reading.Record{}, fmt.Errorf("not an event: %.200q", text)
	}
	r := p.r
	r.Bookmark = bookmark(p.channel, p.record)
	data := p.data
	if r.ID == oemID && len(data) == oemCount { // of a source that was not registered
		r.ID, data = queue.DefaultID, data[:1]
	}
	switch {
	case p.rendered != "":
		r.Message = p.rendered
		for i, value := range data {
			p.attr("param"+strconv.Itoa(i+1), value)
		}
	case len(data) == 1:
		var own int
		r.Message, r.Attrs, own = splitEventText(data[0])
		liftOwn(&r, own)
	default:
		r.Message = strings.Join(data, "\n")
	}
	r.Attrs = append(r.Attrs, p.attrs...)
	return r, nil
}

// liftOwn removes the attributes that this package added because the log had no other place for
// them, and sets the corresponding fields.
func liftOwn(r *reading.Record, own int) {
	first := len(r.Attrs) - own
	kept := r.Attrs[:first]
	for _, a := range r.Attrs[first:] {
		id, badID := strconv.ParseUint(a.Value.String(), 10, 16)
		t, badTime := time.Parse(time.RFC3339Nano, a.Value.String())
		switch {
		case a.Key == queue.IDKey && badID == nil && r.ID == queue.DefaultID:
			r.ID = uint16(id)
		case a.Key == queue.TimeKey && badTime == nil:
			r.Time = t
		default:
			kept = append(kept, a)
		}
	}
	r.Attrs = kept
}

// winParser walks through an event's XML.
type winParser struct {
	r        reading.Record
	channel  string
	record   uint64
	data     []string // unnamed
	attrs    []slog.Attr
	rendered string

	path  []string // the elements that are open
	texts []string // the text in each, so far
	name  string   // of the open Data element
	named bool
	leaf  bool // no element has ended in the open one
}

// parse reports whether text contains an event, even if the XML is malformed after it.
func (p *winParser) parse(text string) bool {
	d := xml.NewDecoder(strings.NewReader(legalReferences(strings.Map(legalXML, text))))
	d.Strict = false
	event := false
	for {
		token, err := d.Token()
		switch token := token.(type) {
		case xml.StartElement:
			p.path, p.texts, p.leaf = append(p.path, token.Name.Local), append(p.texts, ""), true
			event = event || len(p.path) == 2 && p.path[0] == "Event"
			p.start(token.Attr)
		case xml.EndElement:
			p.end()
		case xml.CharData:
			if n := len(p.texts); n > 0 {
				p.texts[n-1] += string(token)
			}
		}
		if err != nil { // the end, or XML that is broken
			for len(p.path) > 0 {
				p.end()
			}
			return event
		}
	}
}

func (p *winParser) in(path ...string) bool {
	if len(p.path) < len(path)+1 || p.path[0] != "Event" {
		return false
	}
	for i, name := range path {
		if p.path[1+i] != name {
			return false
		}
	}
	return true
}

func (p *winParser) start(attrs []xml.Attr) {
	get := func(name string) string {
		for _, a := range attrs {
			if a.Name.Local == name {
				return a.Value
			}
		}
		return ""
	}
	switch {
	case p.in("System", "Provider"):
		p.r.Source = get("Name")
	case p.in("System", "TimeCreated"):
		p.r.Time, _ = time.Parse(time.RFC3339Nano, get("SystemTime"))
	case p.in("System", "Execution"):
		p.r.PID, _ = strconv.Atoi(get("ProcessID"))
	case p.in("System"), p.in("RenderingInfo"):
	case p.in("EventData") && len(p.path) == 3:
		p.name = get("Name")
		p.named = p.name != ""
	case p.in("EventData") && len(p.path) == 2:
	case len(p.path) > 2:
		for _, a := range attrs {
			if a.Name.Space != "xmlns" && a.Name.Local != "xmlns" {
				p.attr(strings.Join(append(p.path[3:len(p.path):len(p.path)], a.Name.Local), "."), a.Value)
			}
		}
	}
}

func (p *winParser) end() {
	n := len(p.path) - 1
	value, name, leaf := p.texts[n], p.path[n], p.leaf
	switch {
	case p.in("System") && n == 2:
		p.system(name, value)
	case p.in("RenderingInfo", "Message") && n == 2:
		p.rendered = value
	case p.in("System"), p.in("RenderingInfo"):
	case p.in("EventData") && n == 2 && (name == "Data" || name == "ComplexData"):
		if p.named {
			p.attr(p.name, value)
		} else {
			p.data = append(p.data, value)
		}
	case n >= 2 && p.in() && leaf && strings.TrimSpace(value) != "":
		p.attr(strings.Join(p.path[min(3, n):], "."), value)
	}
	p.path, p.texts, p.leaf = p.path[:n], p.texts[:n], false
}

func (p *winParser) system(name, value string) {
	number, _ := strconv.ParseUint(strings.TrimSpace(value), 10, 64)
	switch name {
	case "EventID":
		p.r.ID = uint16(number)
	case "Level":
		switch number {
		case 1, 2:
			p.r.Level = slog.LevelError
		case 3:
			p.r.Level = slog.LevelWarn
		case 5:
			p.r.Level = slog.LevelDebug
		}
	case "Task":
		p.r.Category = uint16(number)
	case "EventRecordID":
		p.record = number
	case "Channel":
		p.channel = value
	case "Computer":
		p.r.Host = value
	}
}

func (p *winParser) attr(key, value string) { p.attrs = append(p.attrs, slog.String(key, value)) }

// legalXML replaces characters that XML forbids but EvtRender returns: events of other programs may
// contain control characters.
func legalXML(r rune) rune {
	if r < ' ' && r != '\t' && r != '\r' && r != '\n' || r == 0xFFFE || r == 0xFFFF {
		return utf8.RuneError
	}
	return r
}

// legalReferences does the same for characters written as references: &#x1;
func legalReferences(text string) string {
	if !strings.Contains(text, "&#") {
		return text
	}
	var b strings.Builder
	for {
		before, after, Found := strings.Cut(text, "&#")
		b.WriteString(before)
		if !Found {
			return b.String()
		}
		digits, rest, ok := strings.Cut(after, ";")
		n, base := digits, 10
		if strings.HasPrefix(digits, "x") || strings.HasPrefix(digits, "X") {
			n, base = digits[1:], 16
		}
		if strings.Trim(n, "0123456789abcdefABCDEF") != "" || n == "" || !ok { // not a reference at all
			b.WriteString("&amp;#")
			text = after
			continue
		}
		c, err := strconv.ParseUint(n, base, 32)
		switch {
		case err != nil, c > utf8.MaxRune, c >= 0xD800 && c < 0xE000, legalXML(rune(c)) != rune(c):
			b.WriteRune(utf8.RuneError)
		default:
			fmt.Fprintf(&b, "&#%d;", c)
		}
		text = rest
	}
}

// splitEventText reverses appendEventText and AppendInsert. The last own attributes are those that
// appendEventText itself added.
func splitEventText(text string) (message string, attrs []slog.Attr, own int) {
	lines := strings.Split(msgtable.Plain(text), "\n")
	n := 1
	for ; n < len(lines) && !isAttr(lines[n]); n++ {
		if isAttr(strings.TrimLeft(lines[n], " ")) {
			lines[n] = strings.TrimPrefix(lines[n], indentation)
		}
	}
	message = quote.Showable(strings.Join(lines[:n], "\n"))
	for lines = lines[n:]; len(lines) > 0; lines = lines[n:] {
		key, value, _ := cutAttr(lines[0])
		for n = 1; n < len(lines) && !isAttr(lines[n]); n++ {
			value += "\n" + strings.TrimPrefix(lines[n], indentation)
		}
		attrs = append(attrs, slog.String(key, quote.Showable(value)))
		if queue.IsOwnKey(key) && lines[0][0] != '"' {
			own++
		} else {
			own = 0
		}
	}
	return message, attrs, own
}

// isAttr reports whether line is the first line of an attribute.
func isAttr(line string) bool {
	_, _, ok := cutAttr(line)
	return ok
}

// bookmark returns, for example, "Application/4711". Record numbers of a log only increase, even if
// it is cleared.
func bookmark(log string, record uint64) string { return fmt.Sprintf("%s/%d", log, record) }

// afterTerm returns the comparison for a bookmark.
func afterTerm(f reading.Filter) (string, error) {
	if f.After == "" {
		return "", nil
	}
	i := strings.LastIndexByte(f.After, '/')
	n, err := strconv.ParseUint(f.After[i+1:], 10, 64)
	if i < 0 || err != nil {
		return "", fmt.Errorf("eventx: %q is not a bookmark of the Windows Event Log", f.After)
	}
	return fmt.Sprintf("EventRecordID > %d", n), nil
}
