package eventx

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/internal/testenv"
)

type (
	namedBytes []byte
	oneByte    byte
	fullName   struct{ First, Last string }
	quotedText struct{ s string }
	valuer     struct{ v slog.Value }
	panicker   struct{}
	fmtError   struct{}
)

func (n fullName) String() string              { return n.Last + ", " + n.First }
func (q quotedText) String() string            { return "ignored" }
func (v valuer) LogValue() slog.Value          { return v.v }
func (panicker) String() string                { panic("no string") }
func (fmtError) Error() string                 { return "short" }
func (fmtError) Format(s fmt.State, verb rune) { fmt.Fprintf(s, "verb %c plus %v", verb, s.Flag('+')) }

func (q quotedText) MarshalText() ([]byte, error) {
	if q.s == "" {
		return nil, errors.New("text: empty string")
	}
	return []byte(fmt.Sprintf("text{%q}", q.s)), nil
}

// TestValuesMatchSlog compares the attributes with those of slog.TextHandler: the cases of
// slog's own tables, and the values that panicked or came out as numbers.
func TestValuesMatchSlog(t *testing.T) {
	pre := []slog.Attr{slog.Int("pre", 3), slog.String("x", "y")}
	attrs := []slog.Attr{slog.String("a", "one"), slog.Int("b", 2), slog.Any("", nil)}
	remove := func(keys ...string) func([]string, slog.Attr) slog.Attr {
		return func(_ []string, a slog.Attr) slog.Attr {
			for _, key := range keys {
				if a.Key == key {
					return slog.Attr{}
				}
			}
			return a
		}
	}
	all := func(_ []string, a slog.Attr) slog.Attr { return slog.Attr{} }
	with := func(h slog.Handler) slog.Handler { return h.WithAttrs(pre) }
	tests := []struct {
		name    string
		replace func([]string, slog.Attr) slog.Attr
		with    func(slog.Handler) slog.Handler
		attrs   []slog.Attr
	}{
		{"basic", nil, nil, attrs},
		{"empty key", nil, nil, []slog.Attr{slog.Any("", "v")}},
		{"cap keys", func(_ []string, a slog.Attr) slog.Attr { a.Key = strings.ToUpper(a.Key); return a }, nil, attrs},
		{"remove all", all, nil, attrs},
		{"preformatted", nil, with, attrs},
		{"preformatted remove all", all, with, attrs},
		{"groups", nil, nil, []slog.Attr{slog.Int("a", 1), slog.Group("g", slog.Int("b", 2), slog.Group("h", slog.Int("c", 3)), slog.Int("d", 4)), slog.Int("e", 5)}},
		{"empty group", nil, nil, []slog.Attr{slog.Group("g"), slog.Group("h", slog.Int("a", 1))}},
		{"nested empty group", nil, nil, []slog.Attr{slog.Group("g", slog.Group("h", slog.Group("i"), slog.Group("j")))}},
		{"escapes", nil, nil, []slog.Attr{slog.String("a b", "x\t\n\000y"), slog.Group(" b.c=\"\\x2E\t", slog.String("d=e", "f.g\""), slog.Int("m.d", 1))}},
		{"LogValuer", nil, nil, []slog.Attr{slog.Any("name", valuer{slog.GroupValue(slog.String("first", "Ren"), slog.String("last", "Hoek"))}), slog.Any("", valuer{slog.Value{}})}},
		{"with groups", nil, func(h slog.Handler) slog.Handler {
			return h.WithAttrs(pre).WithGroup("s1").WithAttrs(attrs).WithGroup("s2")
		}, attrs},
		{"empty with groups", nil, func(h slog.Handler) slog.Handler {
			return h.WithGroup("x").WithAttrs([]slog.Attr{slog.Group("g")}).WithGroup("y")
		}, nil},
		{"value in a value", nil, nil, []slog.Attr{{Key: "v", Value: slog.AnyValue(slog.IntValue(3))}}},
		{"inline group", nil, nil, []slog.Attr{slog.Int("a", 1), slog.Group("", slog.Int("b", 2), slog.Int("c", 3))}},
		{"replace partial", remove("a", "b"), func(h slog.Handler) slog.Handler {
			return h.WithGroup("g").WithAttrs([]slog.Attr{slog.Int("a", 1), slog.Int("n", 4)}).WithGroup("h").WithAttrs([]slog.Attr{slog.Int("b", 2)})
		}, []slog.Attr{slog.Group("i", slog.Int("c", 3))}},
		{"group and key need quotes", nil, nil, []slog.Attr{slog.Group("prefix", slog.String(" needs quoting ", "v")), slog.Group("prefix needs", slog.String("no", "v"))}},
		{"quoted", nil, nil, []slog.Attr{slog.String("x = y", `qu"o`)}},
		{"String method", nil, nil, []slog.Attr{slog.Any("name", fullName{"Ren", "Hoek"})}},
		{"struct", nil, nil, []slog.Attr{slog.Any("x", &struct{ A, b int }{A: 1, b: 2})}},
		{"TextMarshaler", nil, nil, []slog.Attr{slog.Any("t", quotedText{"abc"}), slog.Any("a", netip.MustParseAddr("::1"))}},
		{"TextMarshaler error", nil, nil, []slog.Attr{slog.Any("t", quotedText{""})}},
		{"nil", nil, nil, []slog.Attr{slog.Any("a", nil)}},
		{"bytes", nil, nil, []slog.Attr{slog.Any("bs", []byte{1, 2, 3, 4}), slog.Any("t", []byte("text"))}},
		{"json.RawMessage", nil, nil, []slog.Attr{slog.Any("bs", json.RawMessage("1234"))}},
		{"named bytes", nil, nil, []slog.Attr{slog.Any("n", namedBytes("abc")), slog.Any("e", []oneByte("abc"))}},
		{"no source", nil, nil, []slog.Attr{slog.Any("s", (*slog.Source)(nil)), slog.Any("z", &slog.Source{}), slog.Any("full", &slog.Source{File: "f.go", Line: 7})}},
		{"nil pointers", nil, nil, []slog.Attr{slog.Any("t", (*time.Time)(nil)), slog.Any("s", (*fullName)(nil)), slog.Any("m", (*quotedText)(nil)), slog.Any("e", (*nilError)(nil)), slog.Any("v", (*int)(nil))}},
		{"panics", nil, nil, []slog.Attr{slog.Any("s", panicker{}), slog.Any("m", marshaler("panic"))}},
		{"formatted error", nil, nil, []slog.Attr{slog.Any("e", fmtError{})}},
		{"numbers", nil, nil, []slog.Attr{slog.Float64("f", 1e21), slog.Duration("d", 90*time.Second), slog.Uint64("u", 1<<63), slog.Bool("b", true)}},
		{"times", nil, nil, []slog.Attr{slog.Time("t", time.Date(2026, 11, 25, 9, 0, 0, 123456789, time.UTC)), slog.Any("a", time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC))}},
		{"level", nil, nil, []slog.Attr{slog.Any("l", slog.LevelWarn+1)}},
		{"not ASCII", nil, nil, []slog.Attr{slog.String("用户", "订单 1"), slog.String("k", "\u200b\u2028\xff")}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			failing(t, errors.New("none"))
			out := &testenv.Buffer{}
			var want strings.Builder
			h := newHandler(t, &HandlerOptions{Fallback: out, ReplaceAttr: tt.replace})
			attrsOf := func(h slog.Handler) {
				if tt.with != nil {
					h = tt.with(h)
				}
				r := slog.NewRecord(time.Time{}, slog.LevelError, "m", 0)
				r.AddAttrs(tt.attrs...)
				require.NoError(t, h.Handle(t.Context(), r))
			}
			attrsOf(h)
			attrsOf(slog.NewTextHandler(&want, &slog.HandlerOptions{ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
				if len(groups) == 0 && (a.Key == slog.MessageKey || a.Key == slog.LevelKey) {
					return slog.Attr{}
				}
				if tt.replace == nil {
					return a
				}
				return tt.replace(groups, a)
			}}))
			flush(t, h)
			lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
			_, got, ok := strings.Cut(lines[len(lines)-1], "event_source=surefoot-test")
			require.True(t, ok)
			assert.Equal(t, strings.TrimSuffix(want.String(), "\n"), strings.TrimPrefix(got, " "))
		})
	}
}
