package journal

import (
	"encoding/json"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/eventx/internal/eventtest"
	"github.com/surefoot-go/surefoot/eventx/internal/queue"
	"github.com/surefoot-go/surefoot/eventx/internal/reading"
)

// readBack converts the output of appendJournal to a record.
func readBack(t *testing.T, e *queue.Entry) reading.Record {
	t.Helper()
	fields, err := eventtest.DecodeJournal(appendJournal(nil, e, "orders", func(uint16) string { return "x" }))
	require.NoError(t, err)
	entry := journalEntry{}
	values := map[string][]string{}
	for _, f := range fields {
		name, value, _ := strings.Cut(f, "=")
		values[name] = append(values[name], value)
	}
	for name, all := range values {
		entry[name], err = json.Marshal(all)
		require.NoError(t, err)
	}
	return entry.record()
}

// TestJournalKeys checks that different keys become different fields, and are read back unchanged.
func TestJournalKeys(t *testing.T) {
	long := strings.Repeat("long", 20)
	keys := []string{"用户", "订单", "user_id", "user.id", "user-id", "User_ID", "priority", "attr_priority", "_pid", "pid", "1st", "", "a b", `q"`, "é", "U00E9",
		long + "1", long + "2", "event_keys", "message", "u7528_u6237"}
	var attrs []slog.Attr
	for _, k := range keys {
		attrs = append(attrs, slog.String(k, "value of "+k))
	}
	for range 3 { // whatever comes first
		r := readBack(t, queue.Note(slog.LevelError, "m\x1b[0m", attrs...))
		assert.Equal(t, "m\x1b[0m", r.Message)
		want := eventtest.Texts(attrs)
		got := eventtest.Texts(r.Attrs)
		slices.Sort(want)
		slices.Sort(got)
		assert.Equal(t, want, got)
		slices.Reverse(attrs)
		attrs = append(attrs[5:], attrs[:5]...)
	}
	r := readBack(t, queue.Note(slog.LevelError, "m", slog.Int("same", 1), slog.Int("same", 2), slog.Int("a.b", 3), slog.Int("a.b", 4)))
	assert.Equal(t, []string{"a.b=3", "a.b=4", "same=1", "same=2"}, eventtest.Texts(r.Attrs))
}

// TestOtherWriters covers entries of programs with fewer fields or fields in another form.
func TestOtherWriters(t *testing.T) {
	for text, want := range map[string]reading.Record{
		`{"_COMM":"sshd","MESSAGE":"hello","__REALTIME_TIMESTAMP":"1"}`:                       {Source: "sshd", Message: "hello"},
		`{"_SYSTEMD_UNIT":"a.service","MESSAGE":[104,105,0]}`:                                 {Source: "a.service", Message: "hi\x00"},
		`{"SYSLOG_IDENTIFIER":"x","PRIORITY":"9","EVENT_ID":"seven","MESSAGE":null}`:          {Source: "x"},
		`{"SYSLOG_IDENTIFIER":"x","SYSLOG_PID":"7","MESSAGE":"\"\\x1b\" is text of its own"}`: {Source: "x", PID: 7, Message: `"\x1b" is text of its own`},
		`{"MESSAGE":"\"\\x1b\""}`: {Message: `"\x1b"`},
	} {
		var e journalEntry
		require.NoError(t, json.Unmarshal([]byte(text), &e))
		r := e.record()
		r.Time = want.Time
		eventtest.AssertRecord(t, want, r)
	}
}
