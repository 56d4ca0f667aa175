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
	key, val, end int32
	bytes         bool // the value is a []byte, which slog.TextHandler always quotes
}

// maxText is how many bytes of an event are kept, so that a field can count them. The Windows Event Log
// has a smaller limit of its own.
const maxText = 1 << 30

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
	return defaultID
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
func (e *entry) memory() int { return cap(e.buf) + 16*cap(e.fields) + 256 }

// limit cuts e to the first n bytes, on a character, and counts the characters that it cuts.
func (e *entry) limit(n int) {
	if len(e.buf) <= n {
		return
	}
	for n > 0 && !utf8.RuneStart(e.buf[n]) {
		n--
	}
	e.left += utf8.RuneCount(e.buf[n:])
	e.buf = bytes.Clone(e.buf[:n]) // let go of the rest
	for i, f := range e.fields {
		if int(f.val) > n || f.val <= f.key {
			e.fields = e.fields[:i]
			break
		}
		e.fields[i].end = min(f.end, int32(n))
	}
}

type replaceFunc = func(groups []string, a slog.Attr) slog.Attr

// appendAttr appends a. Groups are the open groups for replace; t.prefix is the same as text.
func (t *text) appendAttr(replace replaceFunc, groups []string, a slog.Attr) {
	kind := a.Value.Kind()
	if kind == slog.KindAny || kind >= slog.KindGroup || replace != nil {
		if t.lift(kind, a.Value) {
			return
		}
		if replace != nil || kind == slog.KindLogValuer {
			a.Value = a.Value.Resolve()
			if replace != nil && a.Value.Kind() != slog.KindGroup {
				a = replace(groups, a)
				a.Value = a.Value.Resolve()
			}
			if kind = a.Value.Kind(); t.lift(kind, a.Value) {
				return
			}
		}
		switch {
		case kind == slog.KindGroup:
			t.appendGroup(replace, groups, a)
			return
		case kind == slog.KindAny && omitted(a):
			return
		}
	}
	key := len(t.buf) + 1
	t.buf = append(t.buf, '\n')
	t.buf = append(t.buf, t.prefix...)
	t.buf = append(t.buf, a.Key...)
	t.odd = t.odd || !plainKey(a.Key, len(t.prefix) > 0)
	t.buf = append(t.buf, '=')
	f := field{key: int32(key), val: int32(len(t.buf))}
	if kind == slog.KindString {
		t.buf = append(t.buf, a.Value.String()...)
	} else {
		t.buf, f.bytes = appendValue(t.buf, kind, a.Value)
	}
	f.end = int32(len(t.buf))
	t.fields = append(t.fields, f)
	if kind == slog.KindString || kind == slog.KindAny {
		value := t.buf[f.val:]
		t.multiline = t.multiline || hasLineEnd(value)
		t.odd = t.odd || len(value) > 0 && value[0] == '"'
	}
}

// omitted reports whether a is one of the attributes that slog leaves out, too.
func omitted(a slog.Attr) bool {
	if s, ok := a.Value.Any().(*slog.Source); ok {
		return s == nil || *s == slog.Source{}
	}
	return a.Key == "" && a.Equal(slog.Attr{})
}

// plainKey reports whether no text has to be quoted for having key in it, after a group's name or not.
func plainKey(key string, inGroup bool) bool {
	for i := range len(key) {
		if c := key[i]; c <= ' ' || c >= 0x7F || c == '=' || c == '"' {
			return c >= utf8.RuneSelf && !needsQuotes([]byte(key))
		}
	}
	return key != "" || inGroup
}

func (t *text) appendGroup(replace replaceFunc, groups []string, a slog.Attr) {
	outer := len(t.prefix)
	t.openGroup(a.Key)
	if a.Key != "" && replace != nil {
		groups = append(groups[:len(groups):len(groups)], a.Key)
	}
	for _, member := range a.Value.Group() {
		t.appendAttr(replace, groups, member)
	}
	t.prefix = t.prefix[:outer]
}

func (t *text) openGroup(name string) {
	if name != "" {
		t.prefix = append(append(t.prefix, name...), '.')
		t.odd = t.odd || !plainKey(name, true)
	}
}

// lift takes v if it is not text but the ID or category of the event.
func (t *text) lift(kind slog.Kind, v slog.Value) bool {
	if kind != slog.KindAny {
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
	shift := int32(len(t.buf))
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
