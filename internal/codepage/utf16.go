package codepage

import (
	"encoding/binary"
	"unicode/utf16"
	"unicode/utf8"
)

// nonASCII has the top bit of every byte of a word: the bits that ASCII lacks.
const nonASCII = 0x8080808080808080

// ones has the lowest bit of every byte of a word.
const ones = 0x0101010101010101

// Nearly all of Chinese, Japanese and Korean is three bytes a character in UTF-8. These work on a
// word of the next bytes, first byte lowest.

// isThree reports whether the next three bytes are one character.
func isThree(word uint32) bool { return word&0xC0C0F0 == 0x8080E0 && !isSpecial(word) }

// areTwoThrees reports whether the next six bytes are two characters of three each.
func areTwoThrees(word uint64) bool {
	return word&0xC0C0F0C0C0F0 == 0x8080E08080E0 && !isSpecial(uint32(word)) && !isSpecial(uint32(word>>24))
}

// isSpecial reports whether three bytes of the right form are overlong (E0 80 to E0 9F) or a
// surrogate (ED A0 to ED BF) nevertheless.
func isSpecial(word uint32) bool {
	bits := word & 0x200F
	return bits == 0 || bits == 0x200D
}

// three returns the character that three bytes are.
func three(word uint32) uint16 {
	return uint16(word&0x0F<<12 | word>>2&0xFC0 | word>>16&0x3F)
}

// twoThrees returns the two characters that six bytes are, at bits 0 and 24.
func twoThrees(word uint64) uint64 {
	return word&0x0F00000F<<12 | word>>2&0xFC0000FC0 | word>>16&0x3F00003F
}

// ToUTF16 converts UTF-8 to UTF-16 until src is used up, dst is full, or what is left of src is the
// start of a rune whose end is missing. It never writes half of a surrogate pair. A byte that is
// not UTF-8 becomes one U+FFFD.
func ToUTF16(dst []uint16, src []byte) (nDst, nSrc int) {
	i, j := 0, 0
	for i < len(src) && j < len(dst) {
		if src[i] < utf8.RuneSelf {
			n := widenASCII(dst[j:], src[i:])
			i += n
			j += n
			continue
		}
		if n := convertThrees(dst[j:], src[i:]); n > 0 {
			i += 3 * n
			j += n
			continue
		}
		r, size := utf8.DecodeRune(src[i:])
		switch {
		case size == 1 && !utf8.FullRune(src[i:]):
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
	return j, i
}

// convertThrees converts the characters of three bytes that src starts with, as far as dst has
// room, and returns their number.
func convertThrees(dst []uint16, src []byte) int {
	room := len(dst)
	dst, src = dst[:len(dst):len(dst)], src[:len(src):len(src)]
	for len(src) > 8 && len(dst) > 2 {
		word := binary.LittleEndian.Uint64(src)
		if !areTwoThrees(word) {
			break
		}
		dst[0], dst[1] = three(uint32(word)), three(uint32(word>>24))
		src, dst = src[6:], dst[2:]
	}
	for len(src) > 3 && len(dst) > 0 {
		word := binary.LittleEndian.Uint32(src)
		if !isThree(word) {
			break
		}
		dst[0] = three(word)
		src, dst = src[3:], dst[1:]
	}
	return room - len(dst)
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
