package codepage

import (
	"encoding/binary"
	"math/bits"
	"slices"
	"unicode/utf8"
)

// AppendText decodes text of the page that src starts with, in the middle of a line, and appends it
// to dst. It stops at a newline, at a run that may be UTF-8, and at a code without a meaning. An
// incomplete code at the end of src is left unless atEOF is set. ascii is the end of the last ASCII
// character, and sure reports whether a run after ASCII was in the page beyond doubt.
func (p *Page) AppendText(dst, src []byte, atEOF bool) (out []byte, n, ascii int, sure bool) {
	p.load()
	dst = slices.Grow(dst, 4*len(src)+8) // the most that a byte can become, and what copyLine leaves
	room := dst[len(dst):cap(dst)]
	made := 0
	for n < len(src) {
		if src[n] < utf8.RuneSelf {
			same := copyLine(room[made:], src[n:])
			if same == 0 {
				break
			}
			made += same
			n += same
			ascii = n
			if n == len(src) || !p.Violates(src[n:]) {
				break
			}
			sure = true
		}
		if nSrc, nDst := p.decodeMany(room[made:], src[n:]); nSrc > 0 {
			n += nSrc
			made += nDst
			continue
		}
		char, size := p.Char(src[n:], atEOF)
		if size == 0 || char == utf8.RuneError {
			break
		}
		if char == elsewhere {
			made += copy(room[made:], p.others[uint16(src[n])<<8|uint16(src[n+1])])
		} else {
			made += utf8.EncodeRune(room[made:], char)
		}
		n += size
	}
	return dst[:len(dst)+made], n, ascii, sure
}

// Violates reports whether src starts with two or three bytes that are not UTF-8, but text of the
// page.
func (p *Page) Violates(src []byte) bool {
	if len(src) < 2 || src[0] < utf8.RuneSelf || mayBeUTF8(src) {
		return false
	}
	if p.pairs != nil && p.pairs[(uint16(src[0])<<8|uint16(src[1]))&0x7FFF] != 0 {
		return true
	}
	char, size := p.Char(src, false)
	return size > 0 && char != utf8.RuneError
}

// mayBeUTF8 reports whether src starts with a lead byte of UTF-8 and as many others as follow, of
// which it looks at two.
func mayBeUTF8(src []byte) bool {
	return src[0] >= 0xC2 && src[0] < 0xF5 && isTrail(src[1]) && (src[0] < 0xE0 || len(src) < 3 || isTrail(src[2]))
}

func isTrail(c byte) bool { return c >= 0x80 && c < 0xC0 }

// copyLine copies the ASCII that src starts with, up to a newline, and may leave up to seven bytes
// of anything after it in dst, which has room for them.
func copyLine(dst, src []byte) int {
	have := len(src)
	dst, src = dst[:len(dst):len(dst)], src[:len(src):len(src)]
	for len(src) > 8 && len(dst) > 8 {
		word := binary.LittleEndian.Uint64(src)
		binary.LittleEndian.PutUint64(dst, word)
		newline := word ^ '\n'*ones
		if stop := (word | (newline-ones)&^newline) & nonASCII; stop != 0 {
			return have - len(src) + bits.TrailingZeros64(stop)>>3
		}
		src, dst = src[8:], dst[8:]
	}
	for len(src) > 0 && src[0] < utf8.RuneSelf && src[0] != '\n' {
		dst[0] = src[0]
		src, dst = src[1:], dst[1:]
	}
	return have - len(src)
}

// Char decodes the code that src starts with, which is not ASCII. A code without a meaning is
// U+FFFD. For one that is not a character of the Basic Multilingual Plane, the character says no
// more than that. A size of 0 asks for more bytes.
func (p *Page) Char(src []byte, atEOF bool) (char rune, size int) {
	p.load()
	if char := p.single[src[0]&0x7F]; char != none {
		return rune(char), 1
	}
	size, char = p.decodeRest(src, atEOF)
	return char, size
}

// Double reports whether the page has codes of two bytes.
func (p *Page) Double() bool { return Base(p.number) != nil || p.number == gb18030 }

// Encodable reports whether the page has a code for every character of s.
func (p *Page) Encodable(s string) bool {
	p.loadCodes()
	for i, char := range s {
		switch {
		case char < utf8.RuneSelf:
		case char == utf8.RuneError && s[i] != "\uFFFD"[0]:
			return false
		case p.four != nil:
		case p.code(char) == 0 && p.astral[char] == 0 && p.long[char] == 0:
			return false
		}
	}
	return true
}
