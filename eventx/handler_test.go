package eventx

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strconv"
	"strings"
	"testing"
	"testing/slogtest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/eventx/internal/queue"
	"github.com/surefoot-go/surefoot/internal/testenv"
)

// TestSlogtest runs the standard library's conformance test on the events that reach the log.
func TestSlogtest(t *testing.T) {
	var log *fakeLog
	var h *Handler
	slogtest.Run(t, func(t *testing.T) slog.Handler {
		log = new(fakeLog).use(t)
		h = newHandler(t, &HandlerOptions{Level: slog.LevelDebug})
		return h
	}, func(t *testing.T) map[string]any {
		flush(t, h)
		require.Len(t, log.all(), 1)
		e := log.all()[0]
		result := map[string]any{slog.LevelKey: e.Level, slog.MessageKey: e.Message}
		if !e.Time.IsZero() {
			result[slog.TimeKey] = e.Time
		}
		for attr := range strings.SplitSeq(e.Attrs, ",") {
			if key, value, ok := strings.Cut(attr, "="); ok {
				nest(result, key, value)
			}
		}
		return result
	})
}

// TestSlogtestFallback runs it on the lines of the fallback.
func TestSlogtestFallback(t *testing.T) {
	var out *testenv.Buffer
	var h *Handler
	slogtest.Run(t, func(t *testing.T) slog.Handler {
		failing(t, errors.New("no log here"))
		out = &testenv.Buffer{}
		h = newHandler(t, &HandlerOptions{Level: slog.LevelDebug, Fallback: out})
		return h
	}, func(t *testing.T) map[string]any {
		flush(t, h)
		_, line, _ := strings.Cut(out.String(), "\n") // the first says why
		result := map[string]any{}
		for key, value := range parseLine(t, line) {
			nest(result, key, value)
		}
		return result
	})
}

// failing replaces the system's log with one that can't be opened.
func failing(t testing.TB, err error) {
	t.Helper()
	useSink(t, func(string) (queue.Sink, error) { return nil, err })
}

func nest(m map[string]any, key, value string) {
	for {
		group, rest, ok := strings.Cut(key, ".")
		if !ok {
			m[key] = value
			return
		}
		if m[group] == nil {
			m[group] = map[string]any{}
		}
		m, key = m[group].(map[string]any), rest
	}
}

func parseLine(t *testing.T, line string) map[string]string {
	t.Helper()
	pairs := map[string]string{}
	for line = strings.TrimSuffix(line, "\n"); line != ""; line = strings.TrimPrefix(line, " ") {
		key, rest, ok := strings.Cut(line, "=")
		require.True(t, ok, line)
		value, err := strconv.QuotedPrefix(rest)
		if err != nil {
			value, line, _ = strings.Cut(rest, " ")
			pairs[key] = value
			continue
		}
		line = rest[len(value):]
		pairs[key], err = strconv.Unquote(value)
		require.NoError(t, err)
	}
	return pairs
}

func TestAttributes(t *testing.T) {
	at := time.Date(2026, 11, 25, 9, 0, 0, 5e6, time.UTC)
	tests := []struct {
		name string
		log  func(l *slog.Logger)
		want event
	}{
		{"kinds", func(l *slog.Logger) {
			l.Warn("m", "s", "a b", "i", -1, "u", uint64(2), "f", 1.5, "b", true, "d", 1500*time.Millisecond, "t", at,
				"e", errors.New("boom"), "raw", []byte("bytes"), "nil", nil, "any", struct{ A int }{1}, "m", marshaler("ok"))
		}, event{Message: "m", Attrs: "s=a b,i=-1,u=2,f=1.5,b=true,d=1.5s,t=2026-11-25T09:00:00.005Z,e=boom,raw=bytes,nil=<nil>,any={A:1},m=ok"}},
		{"values that fail", func(l *slog.Logger) {
			l.Warn("m", "panics", marshaler("panic"), "fails", marshaler("fail"), "nil", (*nilError)(nil))
		}, event{Message: "m", Attrs: "panics=!PANIC: no text,fails=!ERROR:no text,nil=<nil>"}},
		{"ID and category", func(l *slog.Logger) { l.Warn("m", ID(4000), Category(2), "k", "v") },
			event{Message: "m", Attrs: "k=v", ID: 4000, HasID: true, Category: 2}},
		{"ID 0", func(l *slog.Logger) { l.Warn("m", ID(0)) }, event{Message: "m", ID: 0, HasID: true}},
		{"ID through With", func(l *slog.Logger) { l.With(ID(7), "a", 1).Warn("m", "b", 2) },
			event{Message: "m", Attrs: "a=1,b=2", ID: 7, HasID: true}},
		{"the last ID counts", func(l *slog.Logger) { l.With(ID(7)).Warn("m", ID(8)) }, event{Message: "m", ID: 8, HasID: true}},
		{"ID in groups", func(l *slog.Logger) {
			l.WithGroup("g").With("a", 1, Category(3)).WithGroup("h").Warn("m", slog.Group("i", ID(9), "b", 2), "c", 3)
		}, event{Message: "m", Attrs: "g.a=1,g.h.i.b=2,g.h.c=3", ID: 9, HasID: true, Category: 3}},
		{"an attribute that is named like an ID", func(l *slog.Logger) { l.Warn("m", "event_id", 5) }, event{Message: "m", Attrs: "event_id=5"}},
		{"empty group", func(l *slog.Logger) { l.Warn("m", slog.Group("g")) }, event{Message: "m"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			log := new(fakeLog).use(t)
			h := newHandler(t, nil)
			tt.log(slog.New(h))
			flush(t, h)
			require.Len(t, log.all(), 1)
			got := log.all()[0]
			if !tt.want.HasID {
				tt.want.ID = DefaultID
			}
			tt.want.Level, tt.want.Time = slog.LevelWarn, got.Time
			assert.Equal(t, tt.want, got)
		})
	}
}

// marshaler is a TextMarshaler that can misbehave.
type marshaler string

func (m marshaler) MarshalText() ([]byte, error) {
	switch m {
	case "panic":
		panic("no text")
	case "fail":
		return nil, errors.New("no text")
	}
	return []byte(m), nil
}

// nilError is an error whose Error method panics for nil.
type nilError struct{ text string }

func (e *nilError) Error() string { return e.text }

func TestDerivedHandlersAreIndependent(t *testing.T) {
	log := new(fakeLog).use(t)
	h := newHandler(t, nil)
	base := slog.New(h).With("a", 1).WithGroup("g")
	one, two := base.With("b", 2), base.With("c", 3)
	one.Warn("one")
	two.Warn("two")
	base.WithGroup("h").Warn("three", "d", 4)
	flush(t, h)
	var got []string
	for _, e := range log.all() {
		got = append(got, e.Message+":"+e.Attrs)
	}
	assert.Equal(t, []string{"one:a=1,g.b=2", "two:a=1,g.c=3", "three:a=1,g.h.d=4"}, got)
}

func TestReplaceAttr(t *testing.T) {
	log := new(fakeLog).use(t)
	var seen []string
	h := newHandler(t, &HandlerOptions{AddSource: true, ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
		seen = append(seen, strings.Join(append(groups, a.Key), "."))
		switch a.Key {
		case slog.MessageKey:
			return slog.String(slog.MessageKey, "replaced")
		case "secret":
			return slog.Attr{}
		case "code":
			return ID(77)
		case "b":
			return slog.Group("split", "b1", 1, "b2", 2)
		}
		return a
	}})
	slog.New(h).With("a", 1).WithGroup("g").Warn("m", "secret", "x", ID(3), "b", 2, "code", 77)
	flush(t, h)
	require.Len(t, log.all(), 1)
	got := log.all()[0]
	assert.Equal(t, "replaced", got.Message)
	assert.Equal(t, "a=1,g.split.b1=1,g.split.b2=2", got.Attrs)
	assert.Equal(t, uint16(77), got.ID)
	require.NotNil(t, got.Source)
	assert.Contains(t, got.Source.File, "handler_test.go")
	assert.Equal(t, []string{"a", "msg", "source", "g.secret", "g.b", "g.split.b1", "g.split.b2", "g.code"}, seen)
}

func TestReplaceSource(t *testing.T) {
	log := new(fakeLog).use(t)
	h := newHandler(t, &HandlerOptions{AddSource: true, ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.SourceKey {
			return slog.String("from", "here")
		}
		return a
	}})
	slog.New(h).Warn("m")
	flush(t, h)
	require.Len(t, log.all(), 1)
	assert.Nil(t, log.all()[0].Source)
	assert.Equal(t, "from=here", log.all()[0].Attrs)
}

func TestLevels(t *testing.T) {
	h := newHandler(t, nil)
	ctx := context.Background()
	assert.False(t, h.Enabled(ctx, slog.LevelInfo), "the default is Warn")
	assert.True(t, h.Enabled(ctx, slog.LevelWarn))
	level := new(slog.LevelVar)
	h = newHandler(t, &HandlerOptions{Level: level})
	assert.True(t, h.Enabled(ctx, slog.LevelInfo))
	level.Set(slog.LevelError)
	assert.False(t, h.Enabled(ctx, slog.LevelWarn))

	for _, tt := range []struct {
		level    slog.Level
		severity queue.Severity
		priority int
	}{
		{slog.LevelDebug, queue.SevInfo, 7}, {slog.LevelDebug + 1, queue.SevInfo, 7}, {slog.LevelInfo, queue.SevInfo, 6}, {slog.LevelInfo + 2, queue.SevInfo, 6},
		{slog.LevelWarn, queue.SevWarn, 4}, {slog.LevelWarn + 2, queue.SevWarn, 4}, {slog.LevelError, queue.SevError, 3}, {slog.LevelError + 4, queue.SevError, 3},
	} {
		assert.Equal(t, tt.severity, queue.SeverityOf(tt.level), tt.level)
		assert.Equal(t, tt.priority, queue.Priority(tt.level), tt.level)
	}
}

func TestSourceNames(t *testing.T) {
	for _, name := range []string{"orders", "My Company/Orders: v2", "订单服务", strings.Repeat("x", 212)} {
		assert.NoError(t, checkSourceName(name), name)
	}
	for _, name := range []string{"", `a\b`, "application", "Security", "a\nb", "a\x00", " a", "a\xff", strings.Repeat("x", 213), strings.Repeat("💾", 107)} {
		_, err := NewHandler(name, nil)
		assert.ErrorIs(t, err, ErrSourceName, "%q", name)
	}
}

func TestOtherHandlersShowIDs(t *testing.T) {
	var out bytes.Buffer
	drop := func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}
	slog.New(slog.NewJSONHandler(&out, &slog.HandlerOptions{ReplaceAttr: drop})).Warn("m", ID(4000), Category(2))
	slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{ReplaceAttr: drop})).Warn("m", ID(4000), Category(2))
	assert.Equal(t, `{"level":"WARN","msg":"m","event_id":4000,"event_category":2}`+"\nlevel=WARN msg=m event_id=4000 event_category=2\n", out.String())
}

func TestAllocations(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector allocates")
	}
	failing(t, errors.New("none"))
	h := newHandler(t, &HandlerOptions{Fallback: io.Discard, Queue: 16, Rate: Rate{PerSecond: -1}})
	l := slog.New(h).With("service", "orders")
	ctx := context.Background()
	log := func() {
		l.LogAttrs(ctx, slog.LevelWarn, "order failed", ID(4000), // slog itself allocates from the sixth on
			slog.String("customer", "c-17"), slog.Int("items", 3), slog.Duration("took", 1500*time.Millisecond), slog.Float64("total", 17.5))
	}
	assert.Zero(t, testing.AllocsPerRun(5000, log))
}

func TestFallbackLine(t *testing.T) {
	failing(t, fmt.Errorf("no log here"))
	out := &testenv.Buffer{}
	h := newHandler(t, &HandlerOptions{Fallback: out, AddSource: true})
	slog.New(h).Error("it\nbroke", ID(4000), Category(1), "k", "v w")
	flush(t, h)
	assert.Regexp(t, `^time=\S+ level=WARN msg="eventx: the log can't be written, events follow here" event_source=surefoot-test err="no log here"
time=\S+ level=ERROR source=\S*handler_test.go:\d+ msg="it\\nbroke" event_source=surefoot-test event_id=4000 event_category=1 k="v w"
$`, out.String())
}
