package journal

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/eventx/internal/eventtest"
	"github.com/surefoot-go/surefoot/eventx/internal/queue"
)

func TestJournal(t *testing.T) {
	source := queue.Note(slog.LevelDebug, "m")
	source.Source = &slog.Source{File: "/src/main.go", Line: 12, Function: "main.main"}
	tests := []struct {
		name string
		e    *queue.Entry
		want []string
	}{
		{"plain", queue.Note(slog.LevelWarn, "disk is full"), []string{"MESSAGE=disk is full", "PRIORITY=4", "SYSLOG_IDENTIFIER=orders"}},
		{"ID, category, attributes", queue.Note(slog.LevelError, "m", queue.ID(4000), queue.Category(2), slog.Int("free", 0), slog.Group("g", "b", 1)),
			[]string{"MESSAGE=m", "PRIORITY=3", "SYSLOG_IDENTIFIER=orders", "EVENT_ID=4000", "MESSAGE_ID=4cc39ad4996658d5b9c78fc33d861ac3", "EVENT_CATEGORY=2", "FREE=0", "G_B=1", "EVENT_KEYS=G_B=g.b"}},
		{"source", source, []string{"MESSAGE=m", "PRIORITY=7", "SYSLOG_IDENTIFIER=orders", "CODE_FILE=/src/main.go", "CODE_LINE=12", "CODE_FUNC=main.main"}},
		{"values of many lines", queue.Note(slog.LevelInfo, "a\nPRIORITY=0\n", slog.String("stack", "x\r\ny\rz")),
			[]string{"MESSAGE=a\nPRIORITY=0\n", "PRIORITY=6", "SYSLOG_IDENTIFIER=orders", "STACK=x\ny\nz"}},
		{"a key can't inject a field", queue.Note(slog.LevelInfo, "m", slog.String("a\nPRIORITY=0\nb", "v")),
			[]string{"MESSAGE=m", "PRIORITY=6", "SYSLOG_IDENTIFIER=orders", "A_PRIORITY_0_B=v", `EVENT_KEYS=A_PRIORITY_0_B="a\nPRIORITY=0\nb"`}},
		{"nor can it take a field's name", queue.Note(slog.LevelInfo, "m", slog.Int("priority", 0), slog.String("_PID", "1"), slog.String("__cursor", "x")),
			[]string{"MESSAGE=m", "PRIORITY=6", "SYSLOG_IDENTIFIER=orders", "ATTR_PRIORITY=0", "PID=1", "CURSOR=x", "EVENT_KEYS=ATTR_PRIORITY=priority PID=_PID CURSOR=__cursor"}},
		{"odd keys", queue.Note(slog.LevelInfo, "m", slog.Int("1st", 1), slog.Int("键", 2), slog.Int("", 3), slog.Int(strings.Repeat("k", 100), 4)),
			[]string{"MESSAGE=m", "PRIORITY=6", "SYSLOG_IDENTIFIER=orders", "ATTR_1ST=1", "U952E=2", "ATTR_=3", strings.Repeat("K", 55) + "_ECA34C59=4",
				"EVENT_KEYS=ATTR_1ST=1st U952E=键 ATTR_=\"\" " + strings.Repeat("K", 55) + "_ECA34C59=" + strings.Repeat("k", 100)}},
		{"what would be blob data", queue.Note(slog.LevelInfo, "a\x00b\x1b[31m\xff\tü"), []string{`MESSAGE="a\x00b\x1b[31m\xff\tü"`, "PRIORITY=6", "SYSLOG_IDENTIFIER=orders", "EVENT_QUOTED=1"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := eventtest.DecodeJournal(appendJournal(nil, tt.e, "orders", func(id uint16) string { return MessageID("orders", id) }))
			require.NoError(t, err)
			assert.Equal(t, tt.want, got)
		})
	}
}

func TestMessageID(t *testing.T) {
	id := MessageID("orders", 4000)
	assert.Regexp(t, `^[0-9a-f]{12}5[0-9a-f]{3}[89ab][0-9a-f]{15}$`, id, "a UUID of version 5")
	assert.Equal(t, id, MessageID("orders", 4000))
	assert.NotEqual(t, id, MessageID("orders", 4001))
	assert.NotEqual(t, id, MessageID("order", 4000))
	assert.NotEqual(t, MessageID("a1", 2), MessageID("a", 12))
}

func FuzzJournal(f *testing.F) {
	f.Add("message", "key", "value")
	f.Add("two\nlines", "a\nPRIORITY=0", "a value\nPRIORITY=0")
	f.Add("\x00\xff", "_TRUSTED", "\r")
	f.Add("", "", "")
	f.Fuzz(func(t *testing.T, message, key, value string) {
		e := queue.Note(slog.LevelWarn, message, slog.String(key, value))
		fields, err := eventtest.DecodeJournal(appendJournal(nil, e, "orders", nil))
		require.NoError(t, err)
		require.GreaterOrEqual(t, len(fields), 4)
		assert.True(t, strings.HasPrefix(fields[0], "MESSAGE="))
		assert.Equal(t, []string{"PRIORITY=4", "SYSLOG_IDENTIFIER=orders"}, fields[1:3])
	})
}

// TestLateEntry checks that a late event contains its time.
func TestLateEntry(t *testing.T) {
	e := queue.Note(slog.LevelError, "m")
	e.Time, e.Late = time.Now().Add(-time.Minute), true
	fields, err := eventtest.DecodeJournal(appendJournal(nil, e, "orders", nil))
	require.NoError(t, err)
	assert.Contains(t, fields, "EVENT_TIME="+e.Time.UTC().Format(time.RFC3339Nano))
	assert.WithinDuration(t, e.Time, readBack(t, e).Time, 0)
}
