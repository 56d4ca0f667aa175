package eventx

import (
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"time"
	"unicode"
	"unicode/utf8"
)

// lostError marks an error after which a sink has to be opened again.
type lostError struct{ error }

func (e lostError) Unwrap() error { return e.error }

func lost(err error) error { return lostError{err} }

func isLost(err error) bool {
	_, ok := errors.AsType[lostError](err)
	return ok
}

// maxScratch is the largest buffer that a sink keeps for the next event.
const maxScratch = 1 << 20

// scratch empties a buffer for the next event, unless one giant event made it
// too large to keep.
func scratch(buf []byte) []byte {
	if cap(buf) > maxScratch {
		return nil
	}
	return buf[:0]
}

// appendLine appends e as one line for the fallback, in the form of
// slog.TextHandler.
func appendLine(dst []byte, source string, e *entry) []byte {
	if !e.time.IsZero() {
		dst = append(dst, "time="...)
		dst = append(e.time.AppendFormat(dst, time.RFC3339Nano), ' ')
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
	return append(appendPairs(dst, e), '\n')
}

// appendPairs appends the attributes, each with a space before it.
func appendPairs(dst []byte, e *entry) []byte {
	for _, f := range e.fields {
		dst = append(appendOneLine(append(dst, ' '), e.key(f)), '=')
		dst = appendQuoted(dst, e.value(f))
	}
	return dst
}

// appendQuoted appends s, in quotes if it could be misread without.
func appendQuoted(dst, s []byte) []byte {
	if len(s) == 0 || needsQuotes(s) {
		return strconv.AppendQuote(dst, string(s))
	}
	return append(dst, s...)
}

func needsQuotes(s []byte) bool {
	for i := 0; i < len(s); {
		if c := s[i]; c < utf8.RuneSelf {
			if c <= ' ' || c == '"' || c == '=' || c == 0x7F {
				return true
			}
			i++
			continue
		}
		r, size := utf8.DecodeRune(s[i:])
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			return true
		}
		i += size
	}
	return false
}

// priority is the syslog priority of a level, taken as a range.
func priority(l slog.Level) int {
	switch {
	case l >= slog.LevelError:
		return 3
	case l >= slog.LevelWarn:
		return 4
	case l >= slog.LevelInfo:
		return 6
	}
	return 7
}
