package codepage

import (
	"encoding/binary"
	"unicode/utf16"
	"unicode/utf8"
)

// nonASCII has the top bit of every byte of a word: the bits that ASCII lacks.
const nonASCII = 0x8080808080808080

// ToUTF16 converts UTF-8 to UTF-16 until src is used up, dst is full, or what
// is left of src is the start of a rune whose end is missing. It never writes
// half of a surrogate pair. A byte that is not UTF-8 becomes one U+FFFD.
func ToUTF16(dst []uint16, src []byte) (nDst, nSrc int) {
	i, j := 0, 0
	for i < len(src) && j < len(dst) {
		switch c := src[i]; {
		case c < utf8.RuneSelf:
			n := widenASCII(dst[j:], src[i:])
			i += n
			j += n
		case c >= 0xE1 && c != 0xED && c < 0xF0 && i+2 < len(src) && src[i+1]&0xC0 == 0x80 && src[i+2]&0xC0 == 0x80:
			// Three bytes without the special cases (overlong, surrogate): all of Chinese.
			dst[j] = uint16(c)<<12 | uint16(src[i+1]&0x3F)<<6 | uint16(src[i+2]&0x3F)
			i += 3
			j++
		default:
			r, size := utf8.DecodeRune(src[i:])
			switch {
			case r == utf8.RuneError && size == 1 && !utf8.FullRune(src[i:]):
				return j, i
			case r < 0x10000:
				dst[j] = uint16(r)
				j++
			case j+1 == len(dst):
				return j, i
			default:
				hi, lo := utf16.EncodeRune(r)
				dst[j], dst[j+1] = uint16(hi), uint16(lo)
				j += 2
			}
			i += size
		}
	}
	return j, i
}

// widenASCII copies the ASCII that src starts with, as far as dst has room.
func widenASCII(dst []uint16, src []byte) int {
	n := min(len(dst), len(src))
	dst, src = dst[:n], src[:n]
	i := 0
	for ; i+8 <= n; i += 8 {
		word := binary.LittleEndian.Uint64(src[i:])
		if word&nonASCII != 0 {
			break
		}
		d := dst[i : i+8 : i+8]
		d[0], d[1], d[2], d[3] = uint16(word&0xFF), uint16(word>>8&0xFF), uint16(word>>16&0xFF), uint16(word>>24&0xFF)
		d[4], d[5], d[6], d[7] = uint16(word>>32&0xFF), uint16(word>>40&0xFF), uint16(word>>48&0xFF), uint16(word>>56)
	}
	for ; i < n && src[i] < utf8.RuneSelf; i++ {
		dst[i] = uint16(src[i])
	}
	return i
}
