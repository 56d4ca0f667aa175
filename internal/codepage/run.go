package codepage

import (
	"slices"
	"unicode/utf8"
)

// AppendRun decodes src up to the first ASCII character or the first code without a meaning, and
// appends the text to dst. An incomplete code at the end of src is left unless atEOF is set.
func (p *Page) AppendRun(dst, src []byte, atEOF bool) (out []byte, n int) {
	p.load()
	dst = slices.Grow(dst, 4*len(src)) // the most that a byte can become
	room := dst[len(dst):cap(dst)]
	made := 0
	for n < len(src) && src[n] >= utf8.RuneSelf {
		if p.pairs != nil {
			if nSrc, nDst := p.decodePairs(room[made:], src[n:]); nSrc > 0 {
				n += nSrc
				made += nDst
				continue
			}
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
	return dst[:len(dst)+made], n
}

// Char decodes the code that src starts with, which is not ASCII. A code without a meaning is
// U+FFFD. For one that is not a character of the Basic Multilingual Plane, the character says no more
// than that. A size of 0 asks for more bytes.
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
