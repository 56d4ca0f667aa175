package codepage

import (
	"encoding/binary"
	"slices"
	"unicode/utf8"

	"golang.org/x/text/transform"
)

// An encoder turns UTF-8 into a page's bytes.
type encoder struct{ page *Page }

func (encoder) Reset() {}

// Transform implements transform.Transformer.
func (e encoder) Transform(dst, src []byte, atEOF bool) (nDst, nSrc int, err error) {
	p := e.page
	p.loadCodes()
	codes := p.codes
	i, j := 0, 0
	for i < len(src) {
		if c := src[i]; c < utf8.RuneSelf {
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
		if n := encodeThrees(dst[j:], src[i:], codes); n > 0 {
			i += 3 * n
			j += 2 * n
			continue
		}
		char, size := utf8.DecodeRune(src[i:])
		if size == 1 && !atEOF && !utf8.FullRune(src[i:]) {
			return j, i, transform.ErrShortSrc
		}
		switch code := p.code(char); {
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

// code returns the code of one or two bytes that a character has, or 0.
func (p *Page) code(char rune) uint16 {
	switch {
	case char < 0x800:
		return p.short[char]
	case char < 0x10000:
		return p.codes[char]
	}
	return 0
}

// encodeThrees encodes the characters of three bytes that src starts with and that have codes of
// two, as far as dst has room, and returns their number. What is overlong has no code in the table,
// and surrogates have none.
func encodeThrees(dst, src []byte, codes *[1 << 16]uint16) int {
	room := len(dst)
	dst, src = dst[:len(dst):len(dst)], src[:len(src):len(src)]
	for len(src) > 14 && len(dst) > 8 {
		first, second := binary.LittleEndian.Uint64(src), binary.LittleEndian.Uint64(src[6:])
		if (first&0xC0C0F0C0C0F0^0x8080E08080E0)|(second&0xC0C0F0C0C0F0^0x8080E08080E0) != 0 {
			break
		}
		first, second = twoThrees(first), twoThrees(second)
		code1, code2 := uint64(codes[uint16(first)]), uint64(codes[uint16(first>>24)])
		code3, code4 := uint64(codes[uint16(second)]), uint64(codes[uint16(second>>24)])
		if code1&code2&code3&code4&0x8000 == 0 { // which all codes of two bytes have
			break
		}
		binary.BigEndian.PutUint64(dst, code1<<48|code2<<32|code3<<16|code4)
		src, dst = src[12:], dst[8:]
	}
	if len(src) > 8 && len(dst) > 4 {
		word := binary.LittleEndian.Uint64(src)
		if word&0xC0C0F0C0C0F0 == 0x8080E08080E0 {
			word = twoThrees(word)
			code1, code2 := uint32(codes[uint16(word)]), uint32(codes[uint16(word>>24)])
			if code1&code2&0x8000 != 0 {
				binary.BigEndian.PutUint32(dst, code1<<16|code2)
				src, dst = src[6:], dst[4:]
			}
		}
	}
	if len(src) >= 4 && len(dst) >= 2 {
		word := binary.LittleEndian.Uint32(src)
		code := codes[three(word)]
		if word&0xC0C0F0 == 0x8080E0 && code&0x8000 != 0 {
			binary.BigEndian.PutUint16(dst, code)
			dst = dst[2:]
		}
	}
	return (room - len(dst)) / 2
}

// encodeRest encodes a character that has no code of one or two bytes: in four, or as a question
// mark. It returns 0 if dst has no room.
func (p *Page) encodeRest(dst []byte, char rune) int {
	if code := p.astral[char]; code != 0 {
		return copyCode(dst, byte(code>>8), byte(code))
	}
	if p.three != nil {
		if code := p.long[char]; code != 0 {
			return copyCode(dst, 0x8F, byte(code>>8), byte(code))
		}
	}
	if p.four == nil {
		return copy(dst, "?")
	}
	position := astral + int(char) - 0x10000
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

// copyCode copies a code to dst, or returns 0 if dst has no room for all of it.
func copyCode(dst []byte, code ...byte) int {
	if len(dst) < len(code) {
		return 0
	}
	return copy(dst, code)
}
