package consolex

import (
	"bytes"
	"unicode/utf8"

	"github.com/surefoot-go/surefoot/internal/codepage"
)

// UTF-16 is detected from its NULs, which other text does not contain. A line of Chinese in UTF-16
// has none before its first space, digit or line end. So a line is also taken for UTF-16 if it
// begins with several units that are Chinese characters and with bytes that no program for this
// code page writes. A line that begins with ASCII bytes is not held back to check this, since ASCII
// passes at once, except at the beginning of a stream that starts with one of a few characters.
// Text that has passed before the first NUL keeps its reading.

const (
	// wideUnits is the number of Chinese characters that prove UTF-16.
	wideUnits = 6
	// narrowBytes is the number of ASCII bytes that prove that a line after a UTF-16 line is not
	// UTF-16.
	narrowBytes = 8
)

// isControl reports whether a byte does not occur in text, escape sequences or terminal output.
func isControl(c byte) bool {
	return c < 0x20 && (c < '\a' || c > '\r') && c != 0x1B
}

// mayOpen reports whether a line may begin in UTF-16 if its first byte is c and not ASCII text. At
// the beginning of the stream this also applies to a few characters: 中 is "-N", 在 "(W", 登 "{v", 命
// "}T" and 找 "~b". No other text that begins this way is shorter than the four bytes needed to
// decide.
func (d *detector) mayOpen(c byte) bool {
	return c >= utf8.RuneSelf || !d.begun && (isControl(c) || d.wide() && isSign(c))
}

// wide reports whether UTF-16 text is likely to be Chinese, or can't be mistaken for a code page.
func (d *detector) wide() bool {
	return d.page == nil || d.number == GBK || d.number == GB18030 || d.number == Big5
}

func isSign(c byte) bool { return c == '-' || c == '(' || c == '{' || c == '}' || c == '~' }

// atNUL returns how src, which starts with a NUL, continues: in UTF-16 after size bytes, or with a
// NUL of size 1 that is text. A size of 0 asks for more bytes. NULs in every other position mean
// UTF-16. A single NUL means UTF-16 if it is the first or second byte of a line.
func (d *detector) atNUL(src []byte, atEOF bool) (cp CodePage, size int) {
	if d.column == 1 && d.before < utf8.RuneSelf {
		return UTF16LE, 2 // the first character has passed
	}
	if len(src) < 3 && !atEOF && !(d.column == 0 && len(src) == 2) {
		return 0, 0
	}
	isText := len(src) > 1 && src[1] > 0 && (src[1] < utf8.RuneSelf || src[1] >= 0xC0)
	every := len(src) > 2 && isText && src[2] == 0
	switch {
	case d.column == 0 && isText:
		return utf16BE, 1
	case every && d.column%2 == 0:
		return utf16BE, 1
	case every && d.before > 0 && d.before < utf8.RuneSelf:
		return UTF16LE, 2
	}
	return 0, 2
}

// opening returns the encoding of a line that starts with src if it is UTF-16, and the length of
// its byte order mark. A file with a mark may have been appended to the stream.
func (d *detector) opening(src []byte, atEOF bool) (cp CodePage, mark int, more bool) {
	if len(src) < 2 {
		return 0, 0, !atEOF
	}
	switch {
	case src[0] == 0xFF && src[1] == 0xFE:
		return UTF16LE, 2, false
	case src[0] == 0xFE && src[1] == 0xFF:
		return utf16BE, 2, false
	case src[1] == 0:
		return UTF16LE, 0, false
	case !d.wide() && !isControl(src[0]), !isWide(uint16(src[0]) | uint16(src[1])<<8), d.sureRun(src) > 0:
		return 0, 0, false
	}
	for n := 0; n+2 <= len(src); n += 2 {
		unit := uint16(src[n]) | uint16(src[n+1])<<8
		switch {
		case unit < 0x80 && n > 0, n == 2*wideUnits && d.number != Big5 && !utf8.Valid(src[:n]):
			return UTF16LE, 0, false
		case n == 2*wideUnits, !isWide(unit), n == 2 && isSign(src[0]) && src[2] < utf8.RuneSelf && src[3] < utf8.RuneSelf:
			return 0, 0, false
		}
	}
	if !atEOF {
		return 0, 0, true
	}
	if len(src) >= 4 && d.number != Big5 && !utf8.Valid(src) {
		return UTF16LE, 0, false
	}
	return 0, 0, false
}

// isWide reports whether a unit of UTF-16 is a character of Chinese or Japanese text, or a Cyrillic
// letter.
func isWide(unit uint16) bool {
	return unit >= 0x4E00 && unit < 0xA000 || unit >= 0x3000 && unit < 0x3100 || unit > 0xFF00 && unit < 0xFF5F ||
		unit >= 0x410 && unit < 0x450
}

// convertWide converts the part of src that belongs to a UTF-16 line. If it converts nothing, it
// needs more bytes, unless the line has turned out to be in another encoding.
func (d *detector) convertWide(dst, src []byte, atEOF bool) (out []byte, n int) {
	if d.column == 0 {
		narrow, more := d.leaves(src, atEOF)
		if more {
			return dst, 0
		}
		if narrow {
			d.utf16, d.narrow = 0, true
			return dst, 0
		}
	}
	newline, mark := "\n\x00", "\xff\xfe"
	if d.utf16 == utf16BE {
		newline, mark = "\x00\n", "\xfe\xff"
	}
	line, ended := src, false
	for at := 0; ; {
		i := bytes.Index(src[at:], []byte(newline))
		if i < 0 {
			break
		}
		if at += i; at%2 == 0 {
			line, ended = src[:at+2], true
			break
		}
		at++
	}
	converter, _ := newDecoder(d.utf16) // there always is one
	skip := 0
	if d.column == 0 && bytes.HasPrefix(line, []byte(mark)) {
		skip = 2
	}
	dst, n = converter.convert(dst, line[skip:], ended || atEOF)
	n += skip
	if d.column += n; ended {
		d.newLine()
	}
	return dst, n
}

// leaves reports whether a line that starts with src and follows a UTF-16 line is not UTF-16
// itself.
func (d *detector) leaves(src []byte, atEOF bool) (narrow, more bool) {
	head := src[:min(len(src), narrowBytes)]
	if bytes.HasPrefix(head, []byte("\xff\xfe")) || bytes.HasPrefix(head, []byte("\xfe\xff")) {
		return false, false
	}
	for i, c := range head {
		switch {
		case c == 0:
			return false, false
		case c < utf8.RuneSelf:
			continue
		case !atEOF && len(src) < i+utf8.UTFMax && len(head) < narrowBytes:
			return false, true
		}
		if _, size := utf8.DecodeRune(src[i:]); size > 2 {
			return true, false
		}
		// Both bytes of a pair are mostly in the upper half. In UTF-16 that would be Hangul or
		// private use, not Chinese.
		if d.double && d.number != EUCKR && i%2 == 0 && len(src) > i+1 && src[i+1] >= 0xA1 && src[i+1] < 0xFF {
			return true, false
		}
	}
	if len(head) < narrowBytes && !atEOF {
		return false, true
	}
	return codepage.ASCIIPrefix(head) == len(head), false
}
