package codepage

import (
	"slices"
	"unicode/utf8"

	"golang.org/x/text/transform"
)

// An encoder turns UTF-8 into a page's bytes.
type encoder struct{ page *Page }

func (encoder) Reset() {}

// Transform is transform.Transformer's.
func (e encoder) Transform(dst, src []byte, atEOF bool) (nDst, nSrc int, err error) {
	p := e.page
	p.loadCodes()
	codes := p.codes
	i, j := 0, 0
	for i < len(src) {
		c := src[i]
		if c < utf8.RuneSelf {
			n := copyASCII(dst[j:], src[i:])
			if n == 0 {
				return j, i, transform.ErrShortDst
			}
			i += n
			j += n
			continue
		}
		var char rune
		size := 3
		if c >= 0xE1 && c != 0xED && c < 0xF0 && i+2 < len(src) && src[i+1]&0xC0 == 0x80 && src[i+2]&0xC0 == 0x80 {
			// Three bytes without the special cases (overlong, surrogate): all of Chinese.
			char = rune(c&0x0F)<<12 | rune(src[i+1]&0x3F)<<6 | rune(src[i+2]&0x3F)
		} else {
			char, size = utf8.DecodeRune(src[i:])
			if size == 1 && !atEOF && !utf8.FullRune(src[i:]) {
				return j, i, transform.ErrShortSrc
			}
		}
		code := uint16(0)
		if char < 0x10000 {
			code = codes[char]
		}
		switch {
		case code > 0xFF:
			if j+1 >= len(dst) {
				return j, i, transform.ErrShortDst
			}
			dst[j], dst[j+1] = byte(code>>8), byte(code)
			j += 2
		case code != 0:
			if j >= len(dst) {
				return j, i, transform.ErrShortDst
			}
			dst[j] = byte(code)
			j++
		default:
			n := p.encodeRest(dst[j:], char)
			if n == 0 {
				return j, i, transform.ErrShortDst
			}
			j += n
		}
		i += size
	}
	return j, i, nil
}

// encodeRest encodes a character that has no code of one or two bytes: in four, or
// as a question mark. It returns 0 if dst has no room.
func (p *Page) encodeRest(dst []byte, char rune) int {
	if p.four == nil {
		return copy(dst, "?")
	}
	position := 0x2E248 + int(char) - 0x10000
	if char < 0x10000 {
		position, _ = slices.BinarySearch(p.four, uint16(char))
	}
	if len(dst) < 4 {
		return 0
	}
	dst[3] = byte(position%10) + '0'
	position /= 10
	dst[2] = byte(position%126) + 0x81
	position /= 126
	dst[1] = byte(position%10) + '0'
	dst[0] = byte(position/10) + 0x81
	return 4
}
