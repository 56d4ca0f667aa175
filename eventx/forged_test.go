package eventx

import (
	"log/slog"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"

	"github.com/surefoot-go/surefoot/eventx/internal/queue"
	"github.com/surefoot-go/surefoot/eventx/internal/reading"
	"github.com/surefoot-go/surefoot/eventx/internal/syslog"
)

// TestNoForgedLines checks that logged user input shows as a single, unaltered line in a terminal.
func TestNoForgedLines(t *testing.T) {
	const input = "x\n2026-11-25 ERROR\r\x1b[2K\x1b]0;title\a\u009b31m\u0085\u2028\u2029\u202egnp.exe\u2066\x00\xff"
	e := queue.Note(slog.LevelError, input, slog.String(input, input))
	syslog, _ := syslog.Append(nil, e, "orders", 42, syslog.Limit)
	for where, line := range map[string]string{
		"Record": reading.Record{Message: input, Source: input, Attrs: []slog.Attr{slog.String(input, input)}}.String(),
		"syslog": string(syslog),
		"stderr": strings.TrimSuffix(string(queue.AppendLine(nil, "orders", e)), "\n"),
	} {
		assert.True(t, utf8.ValidString(line), where)
		for _, r := range line {
			assert.True(t, r == utf8.RuneError || unicode.IsPrint(r), "%s has %U in %q", where, r, line)
		}
	}
}
