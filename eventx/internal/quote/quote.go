// Package quote writes text so that a log can show it and the original can be restored.
package quote

import (
	"bytes"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Text that a log can't show is written as a Go string literal, so that the bytes can be restored:
// "\x1b[31mred\x1b[0m". Line ends are kept. A text is quoted if it contains such characters, or if
// it would otherwise be taken for such a quoted text. Every other text is written unchanged, even
// if it is in quotes itself.

// AppendShowable appends s, quoted if necessary.
func AppendShowable(dst, s []byte) []byte {
	if !MustQuote(s) {
		return append(dst, s...)
	}
	dst = append(dst, '"')
	for i, line := range bytes.Split(s, []byte{'\n'}) {
		if i > 0 {
			dst = append(dst, '\n')
		}
		start := len(dst)
		dst = strconv.AppendQuote(dst, string(line))
		dst = append(dst[:start], dst[start+1:len(dst)-1]...)
	}
	return append(dst, '"')
}

// Showable reverses AppendShowable.
func Showable(s string) string {
	if text, ok := unquote(s); ok && MustQuote([]byte(text)) {
		return text
	}
	return s
}

func MustQuote(s []byte) bool {
	if unshowable(s) {
		return true
	}
	if len(s) == 0 || s[0] != '"' {
		return false
	}
	text, ok := unquote(string(s))
	return ok && MustQuote([]byte(text))
}

// unquote undoes the quoting, line by line.
func unquote(s string) (text string, ok bool) {
	if len(s) < 2 || s[0] != '"' || s[len(s)-1] != '"' {
		return "", false
	}
	lines := strings.Split(s[1:len(s)-1], "\n")
	for i, line := range lines {
		plain, err := strconv.Unquote(`"` + line + `"`)
		if err != nil {
			return "", false
		}
		lines[i] = plain
	}
	return strings.Join(lines, "\n"), true
}

// unshowable reports whether s contains control characters other than tabs and line ends, invalid
// UTF-8, or one of the two characters that XML lacks.
func unshowable(s []byte) bool {
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			if c < ' ' && c != '\t' && c != '\n' && c != '\r' || c == 0x7F {
				return true
			}
			i++
			continue
		}
		r, size := utf8.DecodeRune(s[i:])
		if r == utf8.RuneError && size == 1 || r < 0xA0 || r == 0xFFFE || r == 0xFFFF {
			return true
		}
		i += size
	}
	return false
}

func HasLineEnd(s []byte) bool {
	return bytes.IndexByte(s, '\n') >= 0 || bytes.IndexByte(s, '\r') >= 0
}

// AppendQuoted appends s, in quotes if slog.TextHandler would quote it.
func AppendQuoted(dst, s []byte) []byte {
	if NeedsQuotes(s) {
		return strconv.AppendQuote(dst, string(s))
	}
	return append(dst, s...)
}

// NeedsQuotes reports whether s as a key or value of key=value pairs could be misread without
// quotes.
func NeedsQuotes(s []byte) bool {
	if len(s) == 0 {
		return true
	}
	for i := 0; i < len(s); {
		if c := s[i]; c < utf8.RuneSelf {
			if c <= ' ' || c == '"' || c == '=' || c == 0x7F {
				return true
			}
			i++
			continue
		}
		r, size := utf8.DecodeRune(s[i:])
		if r == utf8.RuneError || unicode.IsSpace(r) || !unicode.IsPrint(r) {
			return true
		}
		i += size
	}
	return false
}

// AppendOneLine appends s, escaping line ends and characters that would make a terminal show
// different text: controls, line separators, and characters that change the text direction (Unicode
// Technical Report 36, "Bidirectional Text Spoofing").
func AppendOneLine(dst, s []byte) []byte {
	for _, r := range string(s) {
		switch {
		case r == '\n':
			dst = append(dst, `\n`...)
		case r < ' ' || r >= 0x7F && r < 0xA0 || r >= 0x2028 && r <= 0x202E || r >= 0x2066 && r <= 0x2069:
			dst = utf8.AppendRune(dst, utf8.RuneError)
		default:
			dst = utf8.AppendRune(dst, r)
		}
	}
	return dst
}

// AppendMark appends a mark for a cut of n characters.
func AppendMark(dst []byte, n int) []byte {
	return append(strconv.AppendInt(append(dst, "…[+"...), int64(n), 10), ']')
}
