package msgtable

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

const (
	zeroWidthSpace = 0x200B
	symbolForNUL   = 0x2400 // ␀
	ellipsis       = 0x2026 // …
)

// AppendInsert appends s to dst as an insertion string that every reader of an event log shows as
// it is meant, in at most limit UTF-16 units, and returns how many characters of s it had to leave
// out.
//
//   - A NUL, which would end the string, becomes U+2400 (␀).
//   - Broken UTF-8, surrogates among it, and the characters that XML 1.0 forbids become U+FFFD: an
//     event with them can't be read back as XML.
//   - Every line end (LF, CR, CRLF) becomes CRLF.
//   - After a '%' before a digit, '%' or '{' comes a U+200B, which is not seen: readers expand %1,
//     %%5001 and %{guid} also inside insertion strings, and there is no escape ([MS-EVEN] section
//     3.2.4.1.5, KB934640). After one that has such characters already comes one more, so that
//     [Plain] can take it away again.
//   - A text over the limit is cut between two characters and ends in "…[+N]", N being the number of
//     characters that are missing. A limit that is too small even for that gives as much of the mark
//     as fits.
//
// Nothing is appended for a terminating NUL.
func AppendInsert(dst []uint16, s []byte, limit int) (text []uint16, left int) {
	text, left, _ = AppendCut(dst, s, limit, 0)
	return text, left
}

// AppendCut is [AppendInsert] for a text from whose end missing characters were cut before; they
// count as left out. It also reports whether it replaced a character, so that s can't be had back.
func AppendCut(dst []uint16, s []byte, limit, missing int) (text []uint16, left int, replaced bool) {
	start := len(dst)
	space := min(2*len(s), limit) // no byte makes more than two units
	dst = slices.Grow(dst, space)
	n, read, replaced := insert(dst[start:start+space], s)
	if read == len(s) && missing == 0 {
		return dst[:start+n], 0, replaced
	}
	// Once more, with room for the mark. It can't count more than len(s)+missing.
	var units [24]uint16
	room := max(0, limit-len(appendMark(units[:0], len(s)+missing)))
	n, read, replaced = insert(dst[start:start+min(room, space)], s)
	left = utf8.RuneCount(s[read:]) + missing
	text = appendMark(dst[:start+n], left)
	return text[:min(len(text), start+limit)], left, replaced
}

// Plain returns the text of an insertion string that [AppendInsert] made, with line ends as LF.
func Plain(s string) string {
	s = strings.ReplaceAll(s, "\r\n", "\n")
	if !strings.Contains(s, mark) {
		return s
	}
	var b strings.Builder
	for {
		before, after, found := strings.Cut(s, mark)
		b.WriteString(before)
		if !found {
			return b.String()
		}
		b.WriteByte('%')
		if !codeFollows(after) {
			b.WriteString(mark[1:]) // a character of the text
		}
		s = after
	}
}

// mark is what AppendInsert makes of a '%' that would begin an insertion code.
const mark = "%\u200B"

// codeFollows reports whether s, but for the U+200B that it may begin with, would complete an
// insertion code after a '%'.
func codeFollows[T string | []byte](s T) bool {
	const width = len(mark) - 1
	for len(s) >= width && string(s[:width]) == mark[1:] {
		s = s[width:]
	}
	return len(s) > 0 && startsCode(s[0])
}

func appendMark(dst []uint16, left int) []uint16 {
	dst = append(dst, ellipsis, '[', '+')
	var digits [20]byte
	for _, b := range strconv.AppendInt(digits[:0], int64(left), 10) {
		dst = append(dst, uint16(b))
	}
	return append(dst, ']')
}

// insert writes s to dst up to the first character that no longer fits, and returns how much it
// wrote and read, and whether it replaced a character.
func insert(dst []uint16, s []byte) (n, read int, replaced bool) {
	for read < len(s) {
		// Most texts are one run of plain bytes.
		run := s[read:min(len(s), read+len(dst)-n)]
		out := dst[n : n+len(run)]
		for i, b := range run {
			if !plain(b) {
				run = run[:i]
				break
			}
			out[i] = uint16(b)
		}
		n, read = n+len(run), read+len(run)
		if read == len(s) || n == len(dst) {
			break
		}

		if s[read] == '\n' && n+2 <= len(dst) { // the most frequent by far
			dst[n], dst[n+1] = '\r', '\n'
			n, read = n+2, read+1
			continue
		}
		first, second, size := convert(s[read:])
		if second != 0 && n+2 > len(dst) {
			break
		}
		replaced = replaced || first == symbolForNUL && size == 1 || first == utf8.RuneError && (size == 1 || s[read+2] != 0xBD)
		dst[n] = first
		n++
		if second != 0 {
			dst[n] = second
			n++
		}
		read += size
	}
	return n, read, replaced
}

// plain bytes go over as they are: ASCII without controls and '%'.
func plain(b byte) bool { return b-' ' < utf8.RuneSelf-' ' && b != '%' || b == '\t' }

// convert returns the one or two units for the character that s begins with, and its size in s.
func convert(s []byte) (first, second uint16, size int) {
	switch b := s[0]; {
	case b == 0:
		return symbolForNUL, 0, 1
	case b == '\r' && len(s) > 1 && s[1] == '\n':
		return '\r', '\n', 2
	case b == '\r' || b == '\n':
		return '\r', '\n', 1
	case b == '%' && codeFollows(s[1:]):
		return '%', zeroWidthSpace, 1
	case b == '%' || b == '\t':
		return uint16(b), 0, 1
	case b < ' ':
		return utf8.RuneError, 0, 1
	}
	r, size := utf8.DecodeRune(s)
	switch {
	case r > 0xFFFF:
		hi, lo := utf16.EncodeRune(r)
		return uint16(hi), uint16(lo), size
	case r == 0xFFFE || r == 0xFFFF:
		return utf8.RuneError, 0, size
	}
	return uint16(r), 0, size
}

// startsCode reports whether a '%' before b would be an insertion code.
func startsCode(b byte) bool { return '0' <= b && b <= '9' || b == '%' || b == '{' }
