package queue

import (
	"bytes"
	"log/slog"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/surefoot-go/surefoot/eventx/internal/quote"
)

// An Entry is one event on its way to the log. Its text is the caller's, unchanged. The sink later
// replaces characters that its log can't store, so that the caller doesn't have to wait for that.
type Entry struct {
	Text
	Time   time.Time
	Level  slog.Level
	Source *slog.Source
	Late   bool // it waited so long that its time must be stored with it

	next    *Entry // in its queue
	seq     uint64
	size    int        // size in bytes for the queue's limit
	barrier chan error // not an event: closed when everything before it is done
	Waiter  *Waiter    // the call of Handle that waits for this event, or nil
}

// Text is a message and its attributes, laid out as Event Viewer shows them:
//
//	message\nkey=value\ngroup.key=value
//
// so that most texts can be written to the log unchanged.
type Text struct {
	Buf       []byte
	Fields    []Field
	ID        uint16
	Category  uint16
	HasID     bool
	Multiline bool // a value has a line end
	Odd       bool // a key or value must be quoted, or looks as if it were
	Left      int  // number of characters cut off at the end

	Prefix []byte // scratch: the open groups, "group."
}

// Field is an attribute in Buf: the key is Buf[key:val-1], the value Buf[val:end].
type Field struct {
	key, val, end int32
	bytes         bool // the value is a []byte, which slog.TextHandler always quotes
}

// MaxText is the maximum size of an event in bytes, so that offsets fit into a Field. The Windows
// Event Log has its own, smaller limit.
const MaxText = 1 << 30

// Message returns the message.
func (t *Text) Message() []byte {
	if len(t.Fields) == 0 {
		return t.Buf
	}
	return t.Buf[:t.Fields[0].key-1]
}

// Key and Value return the parts of an attribute.
func (t *Text) Key(f Field) []byte   { return t.Buf[f.key : f.val-1] }
func (t *Text) Value(f Field) []byte { return t.Buf[f.val:f.end] }

// EventID returns the ID for the log.
func (t *Text) EventID() uint16 {
	if t.HasID {
		return t.ID
	}
	return DefaultID
}

var entries = sync.Pool{New: func() any { return &Entry{Text: Text{Buf: make([]byte, 0, 1024), Fields: make([]Field, 0, 16)}} }}

func NewEntry() *Entry { return entries.Get().(*Entry) }

// Free returns e to the pool, unless it has become so large that a full queue of such entries would
// exceed QueueBytes. An entry that a caller waits for is not reused, because the caller may still
// be reading it.
func (e *Entry) Free() {
	const keep = 6 << 10
	if cap(e.Buf) > keep || e.Waiter != nil {
		return
	}
	e.Buf, e.Fields, e.Prefix = e.Buf[:0], e.Fields[:0], e.Prefix[:0]
	e.ID, e.Category, e.HasID, e.Multiline, e.Odd, e.Left = 0, 0, false, false, false, 0
	e.Time, e.Level, e.Source, e.Late, e.barrier = time.Time{}, 0, nil, false, nil
	entries.Put(e)
}

// memory returns the approximate size of e in bytes.
func (e *Entry) memory() int { return cap(e.Buf) + 16*cap(e.Fields) + 256 }

// Limit cuts e to the first n bytes, at a character boundary, and counts the characters that it
// cuts.
func (e *Entry) Limit(n int) {
	if len(e.Buf) <= n {
		return
	}
	for n > 0 && !utf8.RuneStart(e.Buf[n]) {
		n--
	}
	e.Left += utf8.RuneCount(e.Buf[n:])
	e.Buf = bytes.Clone(e.Buf[:n]) // let go of the rest
	for i, f := range e.Fields {
		if int(f.val) > n || f.val <= f.key {
			e.Fields = e.Fields[:i]
			break
		}
		e.Fields[i].end = min(f.end, int32(n))
	}
}

type ReplaceFunc = func(groups []string, a slog.Attr) slog.Attr

// AppendAttr appends a. groups are the open groups for replace; t.Prefix contains the same as text.
func (t *Text) AppendAttr(replace ReplaceFunc, groups []string, a slog.Attr) {
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
	key := len(t.Buf) + 1
	t.Buf = append(t.Buf, '\n')
	t.Buf = append(t.Buf, t.Prefix...)
	t.Buf = append(t.Buf, a.Key...)
	t.Odd = t.Odd || !plainKey(a.Key, len(t.Prefix) > 0)
	t.Buf = append(t.Buf, '=')
	f := Field{key: int32(key), val: int32(len(t.Buf))}
	if kind == slog.KindString {
		t.Buf = append(t.Buf, a.Value.String()...)
	} else {
		t.Buf, f.bytes = appendValue(t.Buf, kind, a.Value)
	}
	f.end = int32(len(t.Buf))
	t.Fields = append(t.Fields, f)
	if kind == slog.KindString || kind == slog.KindAny {
		value := t.Buf[f.val:]
		t.Multiline = t.Multiline || quote.HasLineEnd(value)
		t.Odd = t.Odd || len(value) > 0 && value[0] == '"'
	}
}

// omitted reports whether a is an attribute that slog omits.
func omitted(a slog.Attr) bool {
	if s, ok := a.Value.Any().(*slog.Source); ok {
		return s == nil || *s == slog.Source{}
	}
	return a.Key == "" && a.Equal(slog.Attr{})
}

// plainKey reports whether key needs no quotes, with or without a group's name before it.
func plainKey(key string, inGroup bool) bool {
	for i := range len(key) {
		if c := key[i]; c <= ' ' || c >= 0x7F || c == '=' || c == '"' {
			return c >= utf8.RuneSelf && !quote.NeedsQuotes([]byte(key))
		}
	}
	return inGroup || key != "" && !IsOwnKey(key)
}

// IsOwnKey reports whether key is used for an event's ID or time in logs that have no field for it.
func IsOwnKey(key string) bool { return key == IDKey || key == TimeKey }

func (t *Text) appendGroup(replace ReplaceFunc, groups []string, a slog.Attr) {
	outer := len(t.Prefix)
	t.OpenGroup(a.Key)
	if a.Key != "" && replace != nil {
		groups = append(groups[:len(groups):len(groups)], a.Key)
	}
	for _, member := range a.Value.Group() {
		t.AppendAttr(replace, groups, member)
	}
	t.Prefix = t.Prefix[:outer]
}

func (t *Text) OpenGroup(name string) {
	if name != "" {
		t.Prefix = append(append(t.Prefix, name...), '.')
		t.Odd = t.Odd || !plainKey(name, true)
	}
}

// lift sets the ID or category of the event if v is one.
func (t *Text) lift(kind slog.Kind, v slog.Value) bool {
	if kind != slog.KindAny {
		return false
	}
	switch n := v.Any().(type) {
	case EventID:
		t.ID, t.HasID = uint16(n), true
	case CategoryID:
		t.Category = uint16(n)
	default:
		return false
	}
	return true
}

// AppendText appends the text prepared by WithAttrs.
func (t *Text) AppendText(more *Text) {
	shift := int32(len(t.Buf))
	t.Buf = append(t.Buf, more.Buf...)
	for _, f := range more.Fields {
		f.key, f.val, f.end = f.key+shift, f.val+shift, f.end+shift
		t.Fields = append(t.Fields, f)
	}
	t.Multiline = t.Multiline || more.Multiline
	t.Odd = t.Odd || more.Odd
	t.Category = more.Category
	t.ID, t.HasID = more.ID, more.HasID
}
