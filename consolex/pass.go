package consolex

import (
	"bytes"
	"unicode/utf8"

	"github.com/surefoot-go/surefoot/internal/codepage"
)

// span returns the number of bytes at the start of src that are ASCII or certain to be UTF-8.
func (d *detector) span(src []byte, _ bool) (n int) {
	if d.utf16 != 0 || d.run == asPage || !d.begun && len(src) > 0 && d.mayOpen(src[0]) {
		return 0
	}
	n = codepage.TextPrefix(src)
	d.passed(src[:n], 0)
	rest := src[n:]
	if len(rest) == 0 || rest[0] == 0 {
		return n
	}
	if nul := bytes.IndexByte(rest, 0); nul >= 0 {
		rest = rest[:nul]
	}
	return n + d.pass(rest)
}

// pass is like span if src contains no NUL.
func (d *detector) pass(src []byte) (n int) {
	if d.run == asPage {
		return 0
	}
	for n < len(src) {
		if d.knowsUTF8() {
			return n + d.passUTF8(src[n:])
		}
		ascii := codepage.ASCIIPrefix(src[n:])
		d.passed(src[n:n+ascii], 0)
		n += ascii
		if high := d.sureRun(src[n:]); high > 0 {
			d.passed(src[n:n+high], high)
			n += high
		} else if !d.knowsUTF8() {
			break
		}
	}
	return n
}

// passUTF8 is like pass in a stream that is UTF-8.
func (d *detector) passUTF8(src []byte) (n int) {
	if d.page == nil {
		n = codepage.ValidPrefix(src)
		d.passed(src[:n], 0)
		return n
	}
	high := 0 // the end of the last non-ASCII bytes
	before, seen := d.before, &d.seen
	if d.column < d.until {
		seen = new(codepage.RunSet) // certain readings come first
	}
	for n < len(src) {
		same, end := seen.Prefix(src[n:], before, d.threes())
		if end > 0 {
			high = n + end
		}
		if n += same; n == len(src) {
			break
		}
		if same > 0 {
			before = src[n-1]
		}
		word := cyrillicWord(src[n:], before, d.double)
		if word == 0 {
			break
		}
		n += word
		high, before = n, src[n-1]
	}
	d.passed(src[:n], high)
	return n
}

// threes reports whether every three-byte character is UTF-8 once the stream is. In a single-byte
// page it can also be a word of three letters.
func (d *detector) threes() bool { return d.page == nil || d.double }

// knowsUTF8 reports whether the stream is known to be UTF-8 so far.
func (d *detector) knowsUTF8() bool {
	return d.stream == asUTF8 && d.line != asPage
}

// cyrillicWord returns the length of the run at the start of src if it is a word of Cyrillic
// letters. Once the stream is UTF-8, no page's reading of such a run is likelier. This is a fast
// path for a frequent case.
func cyrillicWord(src []byte, before byte, double bool) int {
	n := 0
	for n+2 < len(src) && src[n]|1 == 0xD1 && src[n+1]&0xC0 == 0x80 {
		letter := src[n]&1<<6 | src[n+1]&0x3F // above U+0400
		if letter < 0x10 || letter > 0x4F {
			return 0
		}
		n += 2
	}
	if n >= len(src) || src[n] >= utf8.RuneSelf || isLetter(before) || isLetter(src[n]) {
		return 0
	}
	if n == 2 && double && src[1] >= 0xA1 { // a frequent character of the page, perhaps
		return 0
	}
	return n
}

// sureRun returns the number of bytes at the start of src that prove UTF-8.
func (d *detector) sureRun(src []byte) (n int) {
	switch {
	case d.page == nil:
		for n < len(src) && src[n] >= utf8.RuneSelf {
			_, size := utf8.DecodeRune(src[n:])
			if size == 1 {
				break
			}
			n += size
		}
		return n
	case d.knowsUTF8() && d.threes() && len(src) > 0 && src[0] >= utf8.RuneSelf:
		if _, size := utf8.DecodeRune(src); size == 3 {
			return size
		}
	case d.double && (d.stream != asPage && d.number != ShiftJIS || d.run == asUTF8):
		return codepage.EastAsianPrefix(src, d.number == EUCKR)
	}
	return 0
}

func (d *detector) newLine() {
	d.line, d.score, d.column, d.until, d.narrow = unknown, 0, 0, 0, false
}

// passed records the evidence in p, which is ASCII and proof of UTF-8; the latter ends at p[high].
func (d *detector) passed(p []byte, high int) {
	if len(p) == 0 {
		return
	}
	line := 0
	if end := bytes.LastIndexByte(p, '\n'); end >= 0 {
		line = end + 1
		d.newLine()
	}
	d.column += len(p) - line
	d.begun, d.before, d.run = true, p[len(p)-1], unknown
	if high == 0 {
		return
	}
	d.stream = asUTF8
	if high > line {
		d.line = asUTF8
	}
	if high == len(p) {
		d.run = asUTF8
	}
}
