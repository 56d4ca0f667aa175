package eventlog

import (
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf16"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/eventx/internal/eventtest"
	"github.com/surefoot-go/surefoot/eventx/internal/queue"
	"github.com/surefoot-go/surefoot/eventx/internal/reading"
	"github.com/surefoot-go/surefoot/internal/msgtable"
)

func TestParseWinEvent(t *testing.T) {
	at := time.Date(2026, 11, 25, 9, 30, 0, 0, time.UTC)
	for file, want := range map[string]reading.Record{
		"event.xml": {Time: at.Add(123456700), Level: slog.LevelError, Source: "orders", ID: 2001, Category: 3, Message: "payment service unreachable\nat fe80::1%12",
			Attrs: []slog.Attr{slog.String("host", "pay.example.com"), slog.String("stack", "main.go:1\nmain.go:2"), slog.String("err", "")},
			Host:  "WIN-1", PID: 1234, Bookmark: "Application/4711"},
		"event_unregistered.xml": {Time: at, Level: slog.LevelWarn, Source: "orders", ID: 4000, Message: "disk is full",
			Attrs: []slog.Attr{slog.String("disk", "C:")}, Host: "WIN-1", Bookmark: "Application/4712"},
		"event_foreign.xml": {Time: at.Add(time.Minute), Level: slog.LevelInfo, Source: "Microsoft-Windows-Security-SPP", ID: 16384,
			Message: "2126-10-31T14:02:09Z\nRulesEngine", Host: "WIN-1", Bookmark: "Application/4713"},
	} {
		text, err := os.ReadFile("testdata/" + file)
		require.NoError(t, err)
		got, err := parseWinEvent(strings.ReplaceAll(string(text), "\r", ""))
		require.NoError(t, err)
		eventtest.AssertRecord(t, want, got)
	}
	r, err := parseWinEvent("<Event><EventData><Data>a\x01\x1b[31m\uFFFEb</Data></EventData></Event>")
	require.NoError(t, err, "one bad event must not end a query")
	assert.Equal(t, "a\uFFFD\uFFFD[31m\uFFFDb", r.Message)
	_, err = parseWinEvent("no event")
	assert.Error(t, err)
}

// TestTextRoundTrip checks that a written event is read back unchanged.
func TestTextRoundTrip(t *testing.T) {
	attrs := []slog.Attr{slog.String("a", "1"), slog.String("stack", "x\n\ny=z\n  w"), slog.String("empty", ""), slog.String("p", "50%1 %%2")}
	units, _ := msgtable.AppendInsert(nil, appendEventText(nil, queue.Note(slog.LevelInfo, "two\nlines: fe80::1%1", attrs...), FormAny, false), TextBudget)
	message, got, _ := splitEventText(string(utf16.Decode(units)))
	assert.Equal(t, "two\nlines: fe80::1%1", message)
	assert.Equal(t, eventtest.Texts(attrs), eventtest.Texts(got))
}

// FuzzParseWinEvent checks that events of other programs, whatever they contain, show as one line.
func FuzzParseWinEvent(f *testing.F) {
	for _, file := range []string{"event.xml", "event_unregistered.xml"} { // as EvtRender makes them
		text, err := os.ReadFile("testdata/" + file)
		require.NoError(f, err)
		f.Add(string(text))
	}
	f.Add("<Event><System><Provider Name='a&#10;b'/><EventID>99999999999</EventID></System></Event>") // a forged source, no number
	f.Add("<Event><EventData><Data>\x1b[31m</Data><Data>&#x202E;=b</Data></EventData></Event>")       // escapes, a key that turns
	f.Fuzz(func(t *testing.T, text string) {
		r, err := parseWinEvent(text)
		if err != nil {
			return
		}
		line := r.String()
		assert.False(t, strings.ContainsFunc(line, func(c rune) bool {
			return unicode.IsControl(c) || c >= 0x2028 && c <= 0x202E || c >= 0x2066 && c <= 0x2069
		}), "%q", line)
	})
}

func FuzzSplitEventText(f *testing.F) {
	f.Add("message", "key", "value")
	f.Add("a message\nadmin=true\r\x01x=1", "k", "v")
	f.Add("two\nlines", "k", "lines\n  indented\nx=y")
	f.Add("%1\r", "%2", "\r\n")
	f.Fuzz(func(t *testing.T, message, key, value string) {
		units, left := msgtable.AppendInsert(nil, appendEventText(nil, queue.Note(slog.LevelInfo, message, slog.String(key, value)), FormAny, false), 1<<20)
		require.Zero(t, left)
		_, attrs, _ := splitEventText(string(utf16.Decode(units)))
		assert.Len(t, attrs, 1, "neither a message nor a value can make attributes of its own")
	})
}
