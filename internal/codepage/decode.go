package codepage

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf8"

	"golang.org/x/text/transform"
)

// A decoder turns a page's bytes into UTF-8.
type decoder struct{ page *Page }

func (decoder) Reset() {}

// astral is the position of U+10000 among GB 18030's four-byte codes: those of the characters in
// page.four come first, and unused ones between.
const astral = 0x2E248

// Transform implements transform.Transformer.
func (d decoder) Transform(dst, src []byte, atEOF bool) (nDst, nSrc int, err error) {
	p := d.page
	p.load()
	i, j := 0, 0
	for i < len(src) {
		c := src[i]
		if c < utf8.RuneSelf {
			if j == len(dst) {
				return j, i, transform.ErrShortDst
			}
			dst[j] = c
			i++
			j++
			if i < len(src) && src[i] < utf8.RuneSelf { // more than a newline among Chinese
				n := copyASCII(dst[j:], src[i:])
				i += n
				j += n
			}
			continue
		}
		if nCode, nChar := p.decodeMany(dst[j:], src[i:]); nCode > 0 {
			i += nCode
			j += nChar
			continue
		}
		size, char := 1, rune(p.single[c&0x7F])
		if char == none {
			if size, char = p.decodeRest(src[i:], atEOF); size == 0 {
				return j, i, transform.ErrShortSrc
			}
			if char == elsewhere {
				text := p.others[uint16(c)<<8|uint16(src[i+1])]
				if len(dst)-j < len(text) {
					return j, i, transform.ErrShortDst
				}
				i += size
				j += copy(dst[j:], text)
				continue
			}
		}
		if len(dst)-j < utf8.RuneLen(char) {
			return j, i, transform.ErrShortDst
		}
		i += size
		j += utf8.EncodeRune(dst[j:], char)
	}
	return j, i, nil
}

// decodeMany decodes what src starts with that is quickly done, as far as dst has room, and returns
// how many bytes that is and became.
func (p *Page) decodeMany(dst, src []byte) (nSrc, nDst int) {
	if p.pairs != nil {
		return p.decodePairs(dst, src)
	}
	return p.decodeSingles(dst, src)
}

// decodeSingles is decodeMany in a page of one byte.
func (p *Page) decodeSingles(dst, src []byte) (nSrc, nDst int) {
	for nSrc < len(src) && src[nSrc] >= utf8.RuneSelf && nDst+4 <= len(dst) {
		packed := p.upper[src[nSrc]&0x7F]
		if packed == 0 {
			break
		}
		binary.LittleEndian.PutUint32(dst[nDst:nDst+4:nDst+4], packed)
		nSrc++
		nDst += int(packed >> 24)
	}
	return nSrc, nDst
}

// decodePairs decodes the pairs that src starts with, as far as dst has room, and returns how many
// bytes they are and became.
func (p *Page) decodePairs(dst, src []byte) (nSrc, nDst int) {
	have, room := len(src), len(dst)
	dst, src = dst[:len(dst):len(dst)], src[:len(src):len(src)]
	pairs := p.pairs
	for len(src) > 8 && len(dst) > 12 { // nearly all of a table are characters of three bytes
		word := binary.BigEndian.Uint64(src)
		a, b := pairs[word>>48&0x7FFF], pairs[word>>32&0x7FFF]
		c, d := pairs[word>>16&0x7FFF], pairs[word&0x7FFF]
		const third = 1 << 23 // the top bit of a third byte
		if word&0x8000800080008000 != 0x8000800080008000 || a&b&c&d&third == 0 {
			break
		}
		// Two stores that overlapped would become six small ones.
		binary.LittleEndian.PutUint64(dst, uint64(a)|uint64(b)<<24|uint64(c)<<48)
		binary.LittleEndian.PutUint32(dst[8:], c>>16|d<<8)
		src, dst = src[8:], dst[12:]
	}
	for len(src) >= 2 && len(dst) >= 4 && src[0] >= utf8.RuneSelf {
		packed := pairs[(uint16(src[0])<<8|uint16(src[1]))&0x7FFF]
		if packed < utf8.RuneSelf {
			break
		}
		binary.LittleEndian.PutUint32(dst, packed)
		if src = src[2:]; packed >= 1<<16 {
			dst = dst[3:]
		} else {
			dst = dst[2:]
		}
	}
	return have - len(src), room - len(dst)
}

// threeBytes returns the UTF-8 of a character that has three bytes, first byte lowest.
func threeBytes(char uint16) uint64 {
	c := uint64(char)
	return 0x8080E0 | c>>12 | c<<2&0x3F00 | c<<16&0x3F0000
}

// decodeRest decodes what starts with a byte that is neither ASCII nor a character. A size of 0
// asks for more bytes.
func (p *Page) decodeRest(src []byte, atEOF bool) (size int, char rune) {
	isLead := p.pairs != nil && src[0] > 0x80 && src[0] < 0xFF
	if isLead && len(src) > 1 { // where there was no room for four bytes
		if packed := p.pairs[(uint16(src[0])<<8|uint16(src[1]))&0x7FFF]; packed != 0 {
			return 2, unpack(packed)
		}
	}
	if p.three != nil && src[0] == 0x8F {
		return p.decodeThree(src, atEOF)
	}
	switch {
	case !isLead:
		return 1, utf8.RuneError
	case len(src) > 1 && src[1] < utf8.RuneSelf && !(p.four != nil && isDigit(src[1])):
		return 1, utf8.RuneError // ASCII is never lost
	case len(src) > 1 && src[1] >= utf8.RuneSelf:
		return 2, utf8.RuneError
	}
	// A lead byte alone, or the beginning of four.
	switch {
	case len(src) > 2 && !(src[2] > 0x80 && src[2] < 0xFF), len(src) > 3 && !isDigit(src[3]):
		return 1, utf8.RuneError
	case len(src) < 2 || len(src) < 4 && p.four != nil:
		if atEOF {
			return 1, utf8.RuneError
		}
		return 0, 0
	}
	position := ((int(src[0]-0x81)*10+int(src[1]-'0'))*126+int(src[2]-0x81))*10 + int(src[3]-'0')
	switch {
	case position < len(p.four):
		return 4, rune(p.four[position])
	case position >= astral && position <= astral+utf8.MaxRune-0x10000:
		return 4, rune(position - astral + 0x10000)
	}
	return 1, utf8.RuneError // the digits stay
}

// decodeThree decodes a code of EUC-JP that starts with 0x8F.
func (p *Page) decodeThree(src []byte, atEOF bool) (size int, char rune) {
	for i := 1; i < 3; i++ {
		switch {
		case len(src) == i && !atEOF:
			return 0, 0
		case len(src) <= i || src[i] < 0xA1 || src[i] == 0xFF:
			return 1, utf8.RuneError
		}
	}
	if char := p.three[int(src[1]&0x7F)<<7|int(src[2]&0x7F)]; char != 0 {
		return 3, rune(char)
	}
	return 3, utf8.RuneError
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// copyASCII copies the ASCII that src starts with, as far as dst has room, and may leave up to 31
// bytes of anything after it in dst.
func copyASCII(dst, src []byte) int {
	n := min(len(dst), len(src))
	dst, src = dst[:n:n], src[:n:n]
	for len(src) > 32 && len(dst) > 32 {
		a, b := binary.LittleEndian.Uint64(src), binary.LittleEndian.Uint64(src[8:])
		c, d := binary.LittleEndian.Uint64(src[16:]), binary.LittleEndian.Uint64(src[24:])
		if (a|b|c|d)&nonASCII != 0 {
			break
		}
		binary.LittleEndian.PutUint64(dst, a)
		binary.LittleEndian.PutUint64(dst[8:], b)
		binary.LittleEndian.PutUint64(dst[16:], c)
		binary.LittleEndian.PutUint64(dst[24:], d)
		src, dst = src[32:], dst[32:]
	}
	for len(src) > 8 && len(dst) > 8 {
		word := binary.LittleEndian.Uint64(src)
		binary.LittleEndian.PutUint64(dst, word)
		if word &= nonASCII; word != 0 {
			return n - len(src) + bits.TrailingZeros64(word)>>3
		}
		src, dst = src[8:], dst[8:]
	}
	i := 0
	for ; i < len(src) && src[i] < utf8.RuneSelf; i++ {
		dst[i] = src[i]
	}
	return n - len(src) + i
}
