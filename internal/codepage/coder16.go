package codepage

import (
	"encoding/binary"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/transform"
)

// A utf16Decoder turns UTF-16 into UTF-8.
type utf16Decoder struct{ bigEndian bool }

func (utf16Decoder) Reset() {}

// unit returns the unit that p starts with.
func (d utf16Decoder) unit(p []byte) uint16 {
	if d.bigEndian {
		return binary.BigEndian.Uint16(p)
	}
	return binary.LittleEndian.Uint16(p)
}

// units returns four units, the first one lowest.
func (d utf16Decoder) units(p []byte) uint64 {
	word := binary.LittleEndian.Uint64(p)
	if d.bigEndian {
		return swapped(word)
	}
	return word
}

// swapped returns four units of the other byte order.
func swapped(word uint64) uint64 {
	return word>>8&0x00FF00FF00FF00FF | word&0x00FF00FF00FF00FF<<8
}

// Transform implements transform.Transformer.
func (d utf16Decoder) Transform(dst, src []byte, atEOF bool) (nDst, nSrc int, err error) {
	i, j := 0, 0
	for i < len(src) {
		n, made := d.decodeASCII(dst[j:], src[i:])
		i += n
		j += made
		n, made = d.decodeThrees(dst[j:], src[i:])
		i += n
		j += made
		if i == len(src) {
			break
		}
		char, size := rune(utf8.RuneError), len(src)-i
		if size >= 2 {
			char, size = rune(d.unit(src[i:])), 2
		} else if !atEOF {
			return j, i, transform.ErrShortSrc
		}
		if utf16.IsSurrogate(char) {
			low := rune(0)
			if i+4 <= len(src) {
				low = rune(d.unit(src[i+2:]))
			} else if !atEOF && char < 0xDC00 {
				return j, i, transform.ErrShortSrc
			}
			if char = utf16.DecodeRune(char, low); char != utf8.RuneError {
				size = 4
			}
		}
		if len(dst)-j < utf8.RuneLen(char) {
			return j, i, transform.ErrShortDst
		}
		j += utf8.EncodeRune(dst[j:], char)
		i += size
	}
	return j, i, nil
}

// decodeASCII decodes the ASCII that src starts with, as far as dst has room.
func (d utf16Decoder) decodeASCII(dst, src []byte) (nSrc, nDst int) {
	have, room := len(src), len(dst)
	dst, src = dst[:len(dst):len(dst)], src[:len(src):len(src)]
	for len(src) > 16 && len(dst) > 8 {
		first, second := d.units(src), d.units(src[8:])
		if (first|second)&^0x007F007F007F007F != 0 {
			break
		}
		binary.LittleEndian.PutUint64(dst, narrowed(first)|narrowed(second)<<32)
		src, dst = src[16:], dst[8:]
	}
	for len(src) >= 2 && len(dst) > 0 {
		unit := d.unit(src)
		if unit >= utf8.RuneSelf {
			break
		}
		dst[0] = byte(unit)
		src, dst = src[2:], dst[1:]
	}
	return have - len(src), room - len(dst)
}

// narrowed returns the low bytes of four units.
func narrowed(word uint64) uint64 {
	word = (word | word>>8) & 0x0000FFFF0000FFFF
	return (word | word>>16) & 0xFFFFFFFF
}

// decodeThrees decodes the characters of three bytes that src starts with, as far as dst has room.
func (d utf16Decoder) decodeThrees(dst, src []byte) (nSrc, nDst int) {
	have, room := len(src), len(dst)
	dst, src = dst[:len(dst):len(dst)], src[:len(src):len(src)]
	for len(src) > 8 && len(dst) > 12 {
		word := d.units(src)
		if !areThreeUnits(word) {
			break
		}
		first, second := sixBytes(word), sixBytes(word>>32)
		binary.LittleEndian.PutUint64(dst, first|second<<48)
		binary.LittleEndian.PutUint32(dst[8:], uint32(second>>16))
		src, dst = src[8:], dst[12:]
	}
	for len(src) >= 2 && len(dst) >= 4 {
		unit := d.unit(src)
		if !isThreeUnit(unit) {
			break
		}
		binary.LittleEndian.PutUint32(dst, uint32(threeBytes(unit)))
		src, dst = src[2:], dst[3:]
	}
	return have - len(src), room - len(dst)
}

// isThreeUnit reports whether a unit is a character that has three bytes in UTF-8: neither below
// U+0800 nor half of a surrogate pair.
func isThreeUnit(unit uint16) bool { return unit >= 0x800 && unit-0xD800 >= 0x800 }

// areThreeUnits reports whether isThreeUnit holds for all of four units.
func areThreeUnits(word uint64) bool {
	const most, carry = 0x7FFF_7FFF_7FFF_7FFF, 0x8000_8000_8000_8000 // what is not 0 in 16 bits carries into the highest
	blocks := word >> 11 & 0x001F_001F_001F_001F                     // of U+0800 characters
	return (blocks+most)&((blocks^0x001B_001B_001B_001B)+most)&carry == carry
}

// sixBytes returns the UTF-8 of the two lowest units, which have three bytes each, first byte
// lowest.
func sixBytes(word uint64) uint64 {
	word = word&0xFFFF | word<<8&0xFFFF000000
	return 0x8080E0_8080E0 | word>>12&0x00000F_00000F | word<<2&0x003F00_003F00 | word<<16&0x3F0000_3F0000
}

// A utf16Encoder turns UTF-8 into UTF-16, without a byte order mark.
type utf16Encoder struct{ bigEndian bool }

func (utf16Encoder) Reset() {}

func (e utf16Encoder) put(p []byte, unit uint16) {
	if e.bigEndian {
		binary.BigEndian.PutUint16(p, unit)
	} else {
		binary.LittleEndian.PutUint16(p, unit)
	}
}

// putFour stores four units, the first one lowest.
func (e utf16Encoder) putFour(p []byte, word uint64) {
	if e.bigEndian {
		word = swapped(word)
	}
	binary.LittleEndian.PutUint64(p, word)
}

// Transform implements transform.Transformer.
func (e utf16Encoder) Transform(dst, src []byte, atEOF bool) (nDst, nSrc int, err error) {
	i, j := 0, 0
	for i < len(src) {
		n, made := e.encodeASCII(dst[j:], src[i:])
		i += n
		j += made
		n, made = e.encodeThrees(dst[j:], src[i:])
		i += n
		j += made
		if i == len(src) {
			break
		}
		char, size := utf8.DecodeRune(src[i:])
		switch {
		case size == 1 && !atEOF && !utf8.FullRune(src[i:]):
			return j, i, transform.ErrShortSrc
		case char >= 0x10000:
			if len(dst)-j < 4 {
				return j, i, transform.ErrShortDst
			}
			high, low := utf16.EncodeRune(char)
			e.put(dst[j:], uint16(high))
			e.put(dst[j+2:], uint16(low))
			j += 4
		default:
			if len(dst)-j < 2 {
				return j, i, transform.ErrShortDst
			}
			e.put(dst[j:], uint16(char))
			j += 2
		}
		i += size
	}
	return j, i, nil
}

// encodeASCII encodes the ASCII that src starts with, as far as dst has room.
func (e utf16Encoder) encodeASCII(dst, src []byte) (nSrc, nDst int) {
	have, room := len(src), len(dst)
	dst, src = dst[:len(dst):len(dst)], src[:len(src):len(src)]
	for len(src) > 8 && len(dst) > 16 {
		word := binary.LittleEndian.Uint64(src)
		if word&nonASCII != 0 {
			break
		}
		e.putFour(dst, widened(word))
		e.putFour(dst[8:], widened(word>>32))
		src, dst = src[8:], dst[16:]
	}
	for len(src) > 0 && len(dst) >= 2 && src[0] < utf8.RuneSelf {
		e.put(dst, uint16(src[0]))
		src, dst = src[1:], dst[2:]
	}
	return have - len(src), room - len(dst)
}

// widened returns the four lowest bytes as units.
func widened(word uint64) uint64 {
	word &= 0xFFFFFFFF
	word = (word | word<<16) & 0x0000FFFF0000FFFF
	return (word | word<<8) & 0x00FF00FF00FF00FF
}

// encodeThrees encodes the characters of three bytes that src starts with, as far as dst has room.
func (e utf16Encoder) encodeThrees(dst, src []byte) (nSrc, nDst int) {
	have, room := len(src), len(dst)
	dst, src = dst[:len(dst):len(dst)], src[:len(src):len(src)]
	for len(src) > 14 && len(dst) > 8 {
		first, second := binary.LittleEndian.Uint64(src), binary.LittleEndian.Uint64(src[6:])
		if !areTwoThrees(first) || !areTwoThrees(second) {
			break
		}
		first, second = twoThrees(first), twoThrees(second)
		e.putFour(dst, first&0xFFFF|first>>8&0xFFFF0000|(second&0xFFFF|second>>8&0xFFFF0000)<<32)
		src, dst = src[12:], dst[8:]
	}
	for len(src) > 3 && len(dst) >= 2 {
		word := binary.LittleEndian.Uint32(src)
		if !isThree(word) {
			break
		}
		e.put(dst, three(word))
		src, dst = src[3:], dst[2:]
	}
	return have - len(src), room - len(dst)
}
