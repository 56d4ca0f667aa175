package journal

import (
	"encoding/json"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/eventx/internal/eventtest"
	"github.com/surefoot-go/surefoot/eventx/internal/reading"
)

func TestJournalctlArgs(t *testing.T) {
	common := []string{"--output=json", "--all", "--no-pager", "--quiet"}
	tests := []struct {
		filter reading.Filter
		want   []string
	}{
		{reading.Filter{}, nil},
		{reading.Filter{Namespace: "*"}, []string{"--namespace=*"}},
		{reading.Filter{MinLevel: slog.LevelDebug}, nil},
		{reading.Filter{MinLevel: slog.LevelWarn + 1}, []string{"--priority=4"}},
		{reading.Filter{Sources: []string{"orders", "-x"}, IDs: []uint16{100, 0}, MinLevel: slog.LevelError, Since: time.UnixMicro(1764063000_999999), After: "s=1;i=2", Follow: true},
			[]string{"--priority=3", "--since=@1764063000", "--after-cursor=s=1;i=2", "--follow", "--no-tail", "SYSLOG_IDENTIFIER=orders", "SYSLOG_IDENTIFIER=-x", "EVENT_ID=100", "EVENT_ID=0"}},
	}
	for _, tt := range tests {
		assert.Equal(t, append(common, tt.want...), Args(tt.filter))
	}
}

func TestJournalEntry(t *testing.T) {
	var e journalEntry
	require.NoError(t, json.Unmarshal([]byte(`{
		"__CURSOR":"s=1;i=2", "__REALTIME_TIMESTAMP":"1764063000123456", "__MONOTONIC_TIMESTAMP":"1", "_PID":"42", "_HOSTNAME":"host", "_UID":"0",
		"PRIORITY":"3", "SYSLOG_IDENTIFIER":"orders", "SYSLOG_FACILITY":"3", "MESSAGE":[98,255,111,111,109], "EVENT_ID":"2001", "EVENT_CATEGORY":"2",
		"MESSAGE_ID":"feec", "CODE_FILE":"/src/main.go", "CODE_LINE":"7", "CODE_FUNC":"main.main",
		"HOST":"pay", "MANY":["a",[98,10],"c"], "LARGE":null, "ATTR_1":"x"
	}`), &e))
	r := e.record()
	eventtest.AssertRecord(t, reading.Record{Time: time.UnixMicro(1764063000123456), Level: slog.LevelError, Source: "orders", ID: 2001, Category: 2, Message: "b\xffoom", PID: 42, Host: "host", Bookmark: "s=1;i=2",
		Attrs: []slog.Attr{slog.String("attr_1", "x"), slog.String("host", "pay"), slog.String("many", "a"), slog.String("many", "b\n"), slog.String("many", "c"), slog.String("source", "/src/main.go:7")}}, r)

	for priority, want := range map[string]slog.Level{"0": slog.LevelError, "3": slog.LevelError, "4": slog.LevelWarn, "5": slog.LevelInfo, "6": slog.LevelInfo, "7": slog.LevelDebug, "": slog.LevelInfo} {
		assert.Equal(t, want, levelOf(priority), priority)
	}
}

func FuzzJournalEntry(f *testing.F) {
	f.Add(`{"__REALTIME_TIMESTAMP":"1","MESSAGE":"text"}`)
	f.Add(`{"__REALTIME_TIMESTAMP":"1","MESSAGE":[104,105],"X":[[104],"i"],"Y":null}`)
	f.Add(`{"__REALTIME_TIMESTAMP":1,"PRIORITY":3,"EVENT_ID":"70000"}`)
	f.Fuzz(func(t *testing.T, text string) {
		var e journalEntry
		if json.Unmarshal([]byte(text), &e) != nil {
			return
		}
		assert.NotEmpty(t, e.record().String())
	})
}
