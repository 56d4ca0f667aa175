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

// astral is the position of U+10000 among GB 18030's four-byte codes: those of the
// characters in page.four come first, and unused ones between.
const astral = 0x2E248

const replacement = uint32(0xEF | 0xBF<<8 | 0xBD<<16 | 3<<24) // U+FFFD, packed

// Transform is transform.Transformer's.
func (d decoder) Transform(dst, src []byte, atEOF bool) (nDst, nSrc int, err error) {
	p := d.page
	p.load()
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
		if p.pairs != nil {
			if nPair, nChar := p.decodePairs(dst[j:], src[i:]); nPair > 0 {
				i += nPair
				j += nChar
				continue
			}
		}
		size, packed := 1, p.single[c&0x7F]
		if packed == 0 {
			if size, packed = p.decodeRest(src[i:], atEOF); size == 0 {
				return j, i, transform.ErrShortSrc
			}
		}
		if j+4 <= len(dst) {
			binary.LittleEndian.PutUint32(dst[j:], packed)
		} else if !putShort(dst[j:], packed) {
			return j, i, transform.ErrShortDst
		}
		i += size
		j += packedLen(packed)
	}
	return j, i, nil
}

// decodePairs decodes the pairs that src starts with, as far as dst has room, and
// returns how many bytes they are and became.
func (p *Page) decodePairs(dst, src []byte) (nSrc, nDst int) {
	have, room := len(src), len(dst)
	dst, src = dst[:len(dst):len(dst)], src[:len(src):len(src)]
	for len(src) > 4 && len(dst) > 8 {
		word := binary.LittleEndian.Uint32(src)
		first, second := p.pairs[(word<<8|word>>8&0xFF)&0x7FFF], p.pairs[(word>>8&0xFF00|word>>24)&0x7FFF]
		if word&0x800080 != 0x800080 || first>>24 != 3 || second>>24 != 3 {
			break // nearly all of a table are characters of three bytes
		}
		binary.LittleEndian.PutUint64(dst, uint64(first&0xFFFFFF)|uint64(second)<<24)
		src, dst = src[4:], dst[6:]
	}
	for len(src) >= 2 && len(dst) >= 4 {
		packed := p.pairs[(uint16(src[0])<<8|uint16(src[1]))&0x7FFF]
		if packed == 0 || src[0] < utf8.RuneSelf {
			break
		}
		binary.LittleEndian.PutUint32(dst, packed)
		src, dst = src[2:], dst[packed>>24:]
	}
	return have - len(src), room - len(dst)
}

// decodeRest decodes what starts with a byte that is neither ASCII nor a character.
// A size of 0 asks for more bytes.
func (p *Page) decodeRest(src []byte, atEOF bool) (size int, packed uint32) {
	isLead := p.pairs != nil && src[0] > 0x80 && src[0] < 0xFF
	if isLead && len(src) > 1 { // where there was no room for four bytes
		if packed := p.pairs[(uint16(src[0])<<8|uint16(src[1]))&0x7FFF]; packed != 0 {
			return 2, packed
		}
	}
	switch {
	case !isLead:
		return 1, replacement
	case len(src) > 1 && src[1] < utf8.RuneSelf && !(p.four != nil && isDigit(src[1])):
		return 1, replacement // ASCII is never lost
	case len(src) > 1 && src[1] >= utf8.RuneSelf:
		return 2, replacement
	}
	// A lead byte alone, or the beginning of four.
	switch {
	case len(src) > 2 && !(src[2] > 0x80 && src[2] < 0xFF), len(src) > 3 && !isDigit(src[3]):
		return 1, replacement
	case len(src) < 2 || len(src) < 4 && p.four != nil:
		if atEOF {
			return 1, replacement
		}
		return 0, 0
	}
	position := ((int(src[0]-0x81)*10+int(src[1]-'0'))*126+int(src[2]-0x81))*10 + int(src[3]-'0')
	switch {
	case position < len(p.four):
		return 4, pack(rune(p.four[position]))
	case position >= astral && position <= astral+utf8.MaxRune-0x10000:
		return 4, pack(rune(position - astral + 0x10000))
	}
	return 1, replacement // the digits stay
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// putShort stores a packed character where there is little room.
func putShort(dst []byte, packed uint32) bool {
	n := packedLen(packed)
	if n > len(dst) {
		return false
	}
	for i := range n {
		dst[i] = byte(packed >> (8 * i))
	}
	return true
}

// copyASCII copies the ASCII that src starts with, as far as dst has room, and
// may leave up to seven bytes of anything after it in dst.
func copyASCII(dst, src []byte) int {
	n := min(len(dst), len(src))
	dst, src = dst[:n], src[:n]
	i := 0
	for ; i+8 <= n; i += 8 {
		word := binary.LittleEndian.Uint64(src[i:])
		binary.LittleEndian.PutUint64(dst[i:], word)
		if word &= nonASCII; word != 0 {
			return i + bits.TrailingZeros64(word)>>3
		}
	}
	for ; i < n && src[i] < utf8.RuneSelf; i++ {
		dst[i] = src[i]
	}
	return i
}
