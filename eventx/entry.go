package eventx

import (
	"bytes"
	"log/slog"
	"sync"
	"time"
	"unicode/utf8"
)

// An entry is one event on its way to the log: its text as UTF-8, exactly as the caller gave it. The
// sink replaces what its log can't hold, off the caller's path.
type entry struct {
	text
	time   time.Time
	level  slog.Level
	source *slog.Source

	next    *entry // in its queue
	seq     uint64
	size    int        // bytes that the queue counts for it
	barrier chan error // not an event: closed when everything before it is done
	waiter  *waiter    // the call of Handle that waits for this event, or nil
}

// text is a message and its attributes, laid out as Event Viewer shows them:
//
//	message\nkey=value\ngroup.key=value
//
// so that most texts go to the log in one piece.
type text struct {
	buf       []byte
	fields    []field
	id        uint16
	category  uint16
	hasID     bool
	multiline bool // a value has a line end
	odd       bool // a key or value has to be quoted, or could be taken for a quoted one
	left      int  // characters that were cut off the end

	prefix []byte // scratch: the open groups, "group."
}

// field is an attribute in buf: the key is buf[key:val-1], the value buf[val:end].
type field struct {
	key, val, end int
	bytes         bool // the value is a []byte, which slog.TextHandler always quotes
}

func (t *text) message() []byte {
	if len(t.fields) == 0 {
		return t.buf
	}
	return t.buf[:t.fields[0].key-1]
}
func (t *text) key(f field) []byte   { return t.buf[f.key : f.val-1] }
func (t *text) value(f field) []byte { return t.buf[f.val:f.end] }

// eventID is the ID that the log gets.
func (t *text) eventID() uint16 {
	if t.hasID {
		return t.id
	}
	return DefaultID
}

var entries = sync.Pool{New: func() any { return &entry{text: text{buf: make([]byte, 0, 1024), fields: make([]field, 0, 16)}} }}

func newEntry() *entry { return entries.Get().(*entry) }

// free returns e to the pool, unless a large event made it so large that a full queue of such would not
// fit into QueueBytes. An entry that a caller waits for is not reused: that caller may still be reading it.
func (e *entry) free() {
	const keep = 6 << 10
	if cap(e.buf) > keep || e.waiter != nil {
		return
	}
	*e = entry{text: text{buf: e.buf[:0], fields: e.fields[:0], prefix: e.prefix[:0]}}
	entries.Put(e)
}

// memory is about how many bytes e holds.
func (e *entry) memory() int { return cap(e.buf) + 32*cap(e.fields) + 256 }

// limit cuts e to the first n bytes, on a character, and counts the characters that it cuts.
func (e *entry) limit(n int) {
	if n <= 0 || len(e.buf) <= n {
		return
	}
	for n > 0 && !utf8.RuneStart(e.buf[n]) {
		n--
	}
	e.left += utf8.RuneCount(e.buf[n:])
	e.buf = bytes.Clone(e.buf[:n]) // let go of the rest
	for i, f := range e.fields {
		if f.val > n {
			e.fields = e.fields[:i]
			break
		}
		e.fields[i].end = min(f.end, n)
	}
}

type replaceFunc = func(groups []string, a slog.Attr) slog.Attr

// appendAttr appends a. Groups are the open groups for replace; t.prefix is the same as text.
func (t *text) appendAttr(replace replaceFunc, groups []string, a slog.Attr) {
	if t.lift(a.Value) {
		return
	}
	if replace != nil || a.Value.Kind() == slog.KindLogValuer {
		a.Value = a.Value.Resolve()
		if replace != nil && a.Value.Kind() != slog.KindGroup {
			a = replace(groups, a)
			a.Value = a.Value.Resolve()
		}
		if t.lift(a.Value) {
			return
		}
	}
	kind := a.Value.Kind()
	if kind == slog.KindGroup {
		t.appendGroup(replace, groups, a)
		return
	}
	if a.Key == "" && a.Equal(slog.Attr{}) {
		return
	}
	if kind == slog.KindAny {
		if s, ok := a.Value.Any().(*slog.Source); ok && (s == nil || *s == slog.Source{}) {
			return // as slog does
		}
	}
	f := field{key: len(t.buf) + 1}
	t.buf = append(t.buf, '\n')
	t.buf = append(t.buf, t.prefix...)
	t.buf = append(t.buf, a.Key...)
	t.odd = t.odd || needsQuotes(t.buf[f.key:])
	t.buf = append(t.buf, '=')
	f.val = len(t.buf)
	t.buf, f.bytes = appendValue(t.buf, a.Value)
	f.end = len(t.buf)
	t.fields = append(t.fields, f)
	if kind == slog.KindString || kind == slog.KindAny {
		value := t.value(f)
		t.multiline = t.multiline || hasLineEnd(value)
		t.odd = t.odd || len(value) > 0 && value[0] == '"'
	}
}

func (t *text) appendGroup(replace replaceFunc, groups []string, a slog.Attr) {
	outer := len(t.prefix)
	if a.Key != "" {
		t.prefix = append(append(t.prefix, a.Key...), '.')
		if replace != nil {
			groups = append(groups[:len(groups):len(groups)], a.Key)
		}
	}
	for _, member := range a.Value.Group() {
		t.appendAttr(replace, groups, member)
	}
	t.prefix = t.prefix[:outer]
}

// lift takes v if it is not text but the ID or category of the event.
func (t *text) lift(v slog.Value) bool {
	if v.Kind() != slog.KindAny {
		return false
	}
	switch n := v.Any().(type) {
	case eventID:
		t.id, t.hasID = uint16(n), true
	case categoryID:
		t.category = uint16(n)
	default:
		return false
	}
	return true
}

// appendText appends what WithAttrs has prepared.
func (t *text) appendText(more *text) {
	shift := len(t.buf)
	t.buf = append(t.buf, more.buf...)
	for _, f := range more.fields {
		f.key, f.val, f.end = f.key+shift, f.val+shift, f.end+shift
		t.fields = append(t.fields, f)
	}
	t.multiline = t.multiline || more.multiline
	t.odd = t.odd || more.odd
	t.category = more.category
	t.id, t.hasID = more.id, more.hasID
}
