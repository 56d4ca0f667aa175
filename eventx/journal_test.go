package eventx

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// decodeJournal decodes the native protocol, and more strictly than journald,
// which drops a bad field without a word.
func decodeJournal(data []byte) (fields []string, err error) {
	name := regexp.MustCompile(`^[A-Z][A-Z0-9_]{0,63}$`)
	for len(data) > 0 {
		line, rest, ok := bytes.Cut(data, []byte("\n"))
		if !ok {
			return nil, fmt.Errorf("no newline after %q", data)
		}
		key, value, inline := bytes.Cut(line, []byte("="))
		if !inline {
			if len(rest) < 8 {
				return nil, fmt.Errorf("no length after %q", line)
			}
			n := binary.LittleEndian.Uint64(rest)
			rest = rest[8:]
			if n >= uint64(len(rest)) || rest[n] != '\n' {
				return nil, fmt.Errorf("length %d of %s does not end at a newline", n, key)
			}
			value, rest = rest[:n], rest[n+1:]
			if !bytes.Contains(value, []byte("\n")) {
				return nil, fmt.Errorf("%s has a length but no newline", key)
			}
		}
		if !name.Match(key) {
			return nil, fmt.Errorf("bad field name %q", key)
		}
		fields = append(fields, string(key)+"="+string(value))
		data = rest
	}
	return fields, nil
}

func TestJournal(t *testing.T) {
	source := entryOf(slog.LevelDebug, "m")
	source.source = &slog.Source{File: "/src/main.go", Line: 12, Function: "main.main"}
	tests := []struct {
		name string
		e    *entry
		want []string
	}{
		{"plain", entryOf(slog.LevelWarn, "disk is full"), []string{"MESSAGE=disk is full", "PRIORITY=4", "SYSLOG_IDENTIFIER=orders"}},
		{"ID, category, attributes", entryOf(slog.LevelError, "m", ID(4000), Category(2), slog.Int("free", 0), slog.Group("g", "b", 1)),
			[]string{"MESSAGE=m", "PRIORITY=3", "SYSLOG_IDENTIFIER=orders", "EVENT_ID=4000", "MESSAGE_ID=4cc39ad4996658d5b9c78fc33d861ac3", "EVENT_CATEGORY=2", "FREE=0", "G_B=1", "EVENT_KEYS=G_B=g.b"}},
		{"source", source, []string{"MESSAGE=m", "PRIORITY=7", "SYSLOG_IDENTIFIER=orders", "CODE_FILE=/src/main.go", "CODE_LINE=12", "CODE_FUNC=main.main"}},
		{"values of many lines", entryOf(slog.LevelInfo, "a\nPRIORITY=0\n", slog.String("stack", "x\r\ny\rz")),
			[]string{"MESSAGE=a\nPRIORITY=0\n", "PRIORITY=6", "SYSLOG_IDENTIFIER=orders", "STACK=x\ny\nz"}},
		{"a key can't inject a field", entryOf(slog.LevelInfo, "m", slog.String("a\nPRIORITY=0\nb", "v")),
			[]string{"MESSAGE=m", "PRIORITY=6", "SYSLOG_IDENTIFIER=orders", "A_PRIORITY_0_B=v", `EVENT_KEYS=A_PRIORITY_0_B="a\nPRIORITY=0\nb"`}},
		{"nor can it take a field's name", entryOf(slog.LevelInfo, "m", slog.Int("priority", 0), slog.String("_PID", "1"), slog.String("__cursor", "x")),
			[]string{"MESSAGE=m", "PRIORITY=6", "SYSLOG_IDENTIFIER=orders", "ATTR_PRIORITY=0", "PID=1", "CURSOR=x", "EVENT_KEYS=ATTR_PRIORITY=priority PID=_PID CURSOR=__cursor"}},
		{"odd keys", entryOf(slog.LevelInfo, "m", slog.Int("1st", 1), slog.Int("键", 2), slog.Int("", 3), slog.Int(strings.Repeat("k", 100), 4)),
			[]string{"MESSAGE=m", "PRIORITY=6", "SYSLOG_IDENTIFIER=orders", "ATTR_1ST=1", "U952E=2", "ATTR_=3", strings.Repeat("K", 55) + "_ECA34C59=4",
				"EVENT_KEYS=ATTR_1ST=1st U952E=键 ATTR_=\"\" " + strings.Repeat("K", 55) + "_ECA34C59=" + strings.Repeat("k", 100)}},
		{"what would be blob data", entryOf(slog.LevelInfo, "a\x00b\x1b[31m\xff\tü"), []string{`MESSAGE="a\x00b\x1b[31m\xff\tü"`, "PRIORITY=6", "SYSLOG_IDENTIFIER=orders", "EVENT_QUOTED=1"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := decodeJournal(appendJournal(nil, tt.e, "orders", func(id uint16) string { return messageID("orders", id) }))
			require.NoError(t, err)
			assert.Equal(t, tt.want, got)
		})
	}
}

func TestMessageID(t *testing.T) {
	id := messageID("orders", 4000)
	assert.Regexp(t, `^[0-9a-f]{12}5[0-9a-f]{3}[89ab][0-9a-f]{15}$`, id, "a UUID of version 5")
	assert.Equal(t, id, messageID("orders", 4000))
	assert.NotEqual(t, id, messageID("orders", 4001))
	assert.NotEqual(t, id, messageID("order", 4000))
	assert.NotEqual(t, messageID("a1", 2), messageID("a", 12))
}

func FuzzJournal(f *testing.F) {
	f.Add("message", "key", "value")
	f.Add("two\nlines", "a\nPRIORITY=0", "a value\nPRIORITY=0")
	f.Add("\x00\xff", "_TRUSTED", "\r")
	f.Add("", "", "")
	f.Fuzz(func(t *testing.T, message, key, value string) {
		e := entryOf(slog.LevelWarn, message, slog.String(key, value))
		fields, err := decodeJournal(appendJournal(nil, e, "orders", nil))
		require.NoError(t, err)
		require.GreaterOrEqual(t, len(fields), 4)
		assert.True(t, strings.HasPrefix(fields[0], "MESSAGE="))
		assert.Equal(t, []string{"PRIORITY=4", "SYSLOG_IDENTIFIER=orders"}, fields[1:3])
	})
}

func TestSyslog(t *testing.T) {
	e := entryOf(slog.LevelError, "it\nbroke", ID(4000), slog.String("k", "v w"))
	got, cut := appendSyslog(nil, e, "my service:[x]", 42, syslogLimit)
	at := e.time.Local().Format(time.Stamp)
	assert.Equal(t, `<27>`+at+` my_service__x][42]: it\nbroke event_id=4000 k="v w"`, string(got))
	assert.False(t, cut)

	got, cut = appendSyslog(nil, entryOf(slog.LevelInfo, strings.Repeat("ü", 10_000)), "orders", 42, syslogLimit)
	assert.True(t, cut)
	assert.LessOrEqual(t, len(got), syslogLimit)
	assert.Regexp(t, `^<30>`+at+` orders\[42\]: ü+…\[\+59\d\d\]$`, string(got))
}
