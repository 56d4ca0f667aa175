package queue

import (
	"fmt"
	"strconv"

	"github.com/surefoot-go/surefoot/eventx/internal/quote"
)

// AppendLine appends e as one line for the fallback, in the format of slog.TextHandler.
func AppendLine(dst []byte, source string, e *Entry) []byte {
	if !e.Time.IsZero() {
		dst = append(dst, "time="...)
		dst = append(appendTime(dst, e.Time), ' ')
	}
	dst = append(dst, "level="...)
	dst = append(dst, e.Level.String()...)
	if e.Source != nil {
		dst = append(dst, " source="...)
		dst = quote.AppendQuoted(dst, fmt.Appendf(nil, "%s:%d", e.Source.File, e.Source.Line))
	}
	dst = append(dst, " msg="...)
	dst = quote.AppendQuoted(dst, e.Message())
	dst = append(dst, " event_source="...)
	dst = quote.AppendQuoted(dst, []byte(source))
	if e.HasID {
		dst = strconv.AppendUint(append(dst, " event_id="...), uint64(e.ID), 10)
	}
	if e.Category != 0 {
		dst = strconv.AppendUint(append(dst, " event_category="...), uint64(e.Category), 10)
	}
	dst = AppendPairs(dst, e)
	if e.Left > 0 {
		dst = quote.AppendMark(dst, e.Left)
	}
	return append(dst, '\n')
}

// AppendPairs appends the attributes, each with a space before it.
func AppendPairs(dst []byte, e *Entry) []byte {
	for _, f := range e.Fields {
		dst = append(quote.AppendQuoted(append(dst, ' '), e.Key(f)), '=')
		if f.bytes {
			dst = strconv.AppendQuote(dst, string(e.Value(f)))
			continue
		}
		dst = quote.AppendQuoted(dst, e.Value(f))
	}
	return dst
}
