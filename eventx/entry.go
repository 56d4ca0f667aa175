package eventx

import (
	"bytes"
	"encoding"
	"fmt"
	"log/slog"
	"strconv"
	"sync"
	"time"
)

// An entry is one event on its way to the log: its text as UTF-8, still as the
// caller gave it. What a log can't take is mended by the sink, off the caller's
// path.
type entry struct {
	text
	time   time.Time
	level  slog.Level
	source *slog.Source

	next    *entry // in its queue
	seq     uint64
	barrier chan error // not an event: closed when all before it is done
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
	multiline bool // a value holds a line end

	prefix []byte // scratch: the open groups, "group."
}

// field is an attribute in buf: the key is buf[key:val-1], the value buf[val:end].
type field struct{ key, val, end int }

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

// free gives e back, unless one giant event made it too large to keep.
func (e *entry) free() {
	const keep = 64 << 10
	if cap(e.buf) > keep {
		return
	}
	e.buf, e.fields, e.prefix = e.buf[:0], e.fields[:0], e.prefix[:0]
	e.id, e.category, e.hasID, e.multiline = 0, 0, false, false
	e.time, e.level, e.source, e.barrier = time.Time{}, 0, nil, nil
	entries.Put(e)
}

type replaceFunc = func(groups []string, a slog.Attr) slog.Attr

// appendAttr appends a. Groups are the open groups for replace; t.prefix is the
// same as text.
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
	if a.Value.Kind() == slog.KindGroup {
		t.appendGroup(replace, groups, a)
		return
	}
	if a.Key == "" && a.Equal(slog.Attr{}) {
		return
	}
	f := field{key: len(t.buf) + 1}
	t.buf = append(t.buf, '\n')
	t.buf = append(t.buf, t.prefix...)
	t.buf = append(appendKey(t.buf, a.Key), '=')
	f.val = len(t.buf)
	t.buf = appendValue(t.buf, a.Value)
	f.end = len(t.buf)
	t.fields = append(t.fields, f)
	t.multiline = t.multiline || mayHaveLines(a.Value.Kind()) && hasLineEnd(t.value(f))
}

func (t *text) appendGroup(replace replaceFunc, groups []string, a slog.Attr) {
	outer := len(t.prefix)
	if a.Key != "" {
		t.prefix = append(appendKey(t.prefix, a.Key), '.')
		if replace != nil {
			groups = append(groups[:len(groups):len(groups)], a.Key)
		}
	}
	for _, member := range a.Value.Group() {
		t.appendAttr(replace, groups, member)
	}
	t.prefix = t.prefix[:outer]
}

func mayHaveLines(k slog.Kind) bool { return k == slog.KindString || k == slog.KindAny }

func hasLineEnd(value []byte) bool {
	return bytes.IndexByte(value, '\n') >= 0 || bytes.IndexByte(value, '\r') >= 0
}

// lift takes v if it is no text but the event's ID or category.
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

// appendText appends what With has prepared.
func (t *text) appendText(more *text) {
	shift := len(t.buf)
	t.buf = append(t.buf, more.buf...)
	for _, f := range more.fields {
		t.fields = append(t.fields, field{f.key + shift, f.val + shift, f.end + shift})
	}
	t.multiline = t.multiline || more.multiline
	t.category = more.category
	t.id, t.hasID = more.id, more.hasID
}

// appendKey makes a key that can't be read as anything else: no white space,
// no '=', no quotes.
func appendKey(dst []byte, key string) []byte {
	start := len(dst)
	dst = append(dst, key...)
	for i, c := range dst[start:] {
		if c <= ' ' || c == '=' || c == '"' || c == 0x7F {
			dst[start+i] = '_'
		}
	}
	return dst
}

func appendValue(dst []byte, v slog.Value) []byte {
	switch v.Kind() {
	case slog.KindString:
		return append(dst, v.String()...)
	case slog.KindInt64:
		return strconv.AppendInt(dst, v.Int64(), 10)
	case slog.KindUint64:
		return strconv.AppendUint(dst, v.Uint64(), 10)
	case slog.KindFloat64:
		return strconv.AppendFloat(dst, v.Float64(), 'g', -1, 64)
	case slog.KindBool:
		return strconv.AppendBool(dst, v.Bool())
	case slog.KindDuration:
		return append(dst, v.Duration().String()...)
	case slog.KindTime:
		return v.Time().AppendFormat(dst, time.RFC3339Nano)
	}
	switch x := v.Any().(type) {
	case []byte:
		return append(dst, x...)
	case *slog.Source:
		return fmt.Appendf(dst, "%s:%d", x.File, x.Line)
	case error: // fmt prints a panic of Error as text
		return fmt.Append(dst, x)
	case encoding.TextMarshaler:
		return appendMarshaled(dst, x)
	default:
		return fmt.Appendf(dst, "%+v", x)
	}
}

// appendMarshaled keeps a value's panic out of the service that logs it.
func appendMarshaled(dst []byte, m encoding.TextMarshaler) (text []byte) {
	defer func() {
		if p := recover(); p != nil {
			text = fmt.Appendf(dst, "!PANIC: %v", p)
		}
	}()
	b, err := m.MarshalText()
	if err != nil {
		return fmt.Appendf(dst, "!ERROR: %v", err)
	}
	return append(dst, b...)
}
