package eventx

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/surefoot-go/surefoot/eventx/internal/eventlog"
)

// reportBudget is the maximum size of a crash report in an event, next to the other text: each byte
// may become two UTF-16 units.
const reportBudget = eventlog.TextBudget/2 - 500

// OnCrash logs that the previous run of the service crashed, with the beginning of report, which is
// the output of the Go runtime. Its signature is that of a service's hook that receives the crash
// file on the next start. OnCrash does nothing if report is empty. It does not change the state of
// this run.
func (h *Health) OnCrash(ctx context.Context, report []byte) {
	report = bytes.TrimSpace(report)
	if len(report) == 0 {
		return
	}
	first, _, _ := strings.Cut(string(report), "\n")
	h.emit(change{
		ctx: ctx, at: time.Now(), caller: caller(1), level: slog.LevelError, id: IDCrashed,
		message: fmt.Sprintf("%s: the previous run crashed: %s", h.service, head(strings.TrimSpace(first), 200)),
		attrs: []slog.Attr{
			slog.String("service", h.service), slog.String("new", Crashed.String()), slog.String("report", head(string(report), reportBudget)),
		},
	})
}

// head cuts s to about n bytes, at a character boundary, and appends the number of missing
// characters.
func head(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return fmt.Sprintf("%s…[+%d]", s[:n], utf8.RuneCountInString(s[n:]))
}
