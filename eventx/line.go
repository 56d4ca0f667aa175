package eventx

import (
	"fmt"
	"strconv"
)

// appendLine appends e as one line for the fallback, in the form of slog.TextHandler.
func appendLine(dst []byte, source string, e *entry) []byte {
	if !e.time.IsZero() {
		dst = append(dst, "time="...)
		dst = append(appendTime(dst, e.time), ' ')
	}
	dst = append(dst, "level="...)
	dst = append(dst, e.level.String()...)
	if e.source != nil {
		dst = append(dst, " source="...)
		dst = appendQuoted(dst, fmt.Appendf(nil, "%s:%d", e.source.File, e.source.Line))
	}
	dst = append(dst, " msg="...)
	dst = appendQuoted(dst, e.message())
	dst = append(dst, " event_source="...)
	dst = appendQuoted(dst, []byte(source))
	if e.hasID {
		dst = strconv.AppendUint(append(dst, " event_id="...), uint64(e.id), 10)
	}
	if e.category != 0 {
		dst = strconv.AppendUint(append(dst, " event_category="...), uint64(e.category), 10)
	}
	dst = appendPairs(dst, e)
	if e.left > 0 {
		dst = appendMark(dst, e.left)
	}
	return append(dst, '\n')
}

// appendPairs appends the attributes, each with a space before it.
func appendPairs(dst []byte, e *entry) []byte {
	for _, f := range e.fields {
		dst = append(appendQuoted(append(dst, ' '), e.key(f)), '=')
		if f.bytes {
			dst = strconv.AppendQuote(dst, string(e.value(f)))
			continue
		}
		dst = appendQuoted(dst, e.value(f))
	}
	return dst
}
