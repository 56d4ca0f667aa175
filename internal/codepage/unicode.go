package codepage

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf8"

	"golang.org/x/text/transform"
)

// A utf8Coder passes UTF-8 through and replaces each invalid byte with U+FFFD.
type utf8Coder struct{}

func (utf8Coder) Reset() {}

// Transform implements transform.Transformer.
func (utf8Coder) Transform(dst, src []byte, atEOF bool) (nDst, nSrc int, err error) {
	i, j := 0, 0
	for i < len(src) {
		n := ValidPrefix(src[i : i+min(len(src)-i, len(dst)-j)])
		copy(dst[j:], src[i:i+n])
		i += n
		j += n
		if i == len(src) {
			break
		}
		switch r, size := utf8.DecodeRune(src[i:]); {
		case r != utf8.RuneError || size > 1: // whole, but without room
			if len(dst)-j < size {
				return j, i, transform.ErrShortDst
			}
		case !atEOF && !utf8.FullRune(src[i:]):
			return j, i, transform.ErrShortSrc
		case len(dst)-j < 3:
			return j, i, transform.ErrShortDst
		default:
			i++
			j += utf8.EncodeRune(dst[j:], utf8.RuneError)
		}
	}
	return j, i, nil
}

// ValidPrefix returns the number of bytes at the start of p that are complete UTF-8 characters.
func ValidPrefix(p []byte) int {
	n := 0
	for n < len(p) {
		if p[n] < utf8.RuneSelf {
			n += ASCIIPrefix(p[n:])
			continue
		}
		rest := p[n:len(p):len(p)]
		for len(rest) > 8 && areTwoThrees(binary.LittleEndian.Uint64(rest)) {
			rest = rest[6:]
		}
		if n = len(p) - len(rest); n == len(p) {
			break
		}
		r, size := utf8.DecodeRune(p[n:])
		if r == utf8.RuneError && size == 1 {
			break
		}
		n += size
	}
	return n
}

// ASCIIPrefix returns the number of bytes at the start of p that are ASCII.
func ASCIIPrefix(p []byte) int {
	rest := p[:len(p):len(p)] // as in utf8.Valid: with this, and > for >=, slicing is one addition
	for len(rest) > 32 && ((binary.LittleEndian.Uint64(rest)|binary.LittleEndian.Uint64(rest[8:]))|
		(binary.LittleEndian.Uint64(rest[16:])|binary.LittleEndian.Uint64(rest[24:])))&nonASCII == 0 {
		rest = rest[32:]
	}
	for len(rest) > 8 {
		if others := binary.LittleEndian.Uint64(rest) & nonASCII; others != 0 {
			return len(p) - len(rest) + bits.TrailingZeros64(others)>>3
		}
		rest = rest[8:]
	}
	for len(rest) > 0 && rest[0] < utf8.RuneSelf {
		rest = rest[1:]
	}
	return len(p) - len(rest)
}

// TextPrefix returns the number of bytes at the start of p that are ASCII other than NUL.
func TextPrefix(p []byte) int {
	rest := p[:len(p):len(p)]
	if len(rest) >= 64 {
		rest = rest[textBlocks(rest):]
	}
	for len(rest) > 8 {
		word := binary.LittleEndian.Uint64(rest)
		if others := (word | (word - ones)) & nonASCII; others != 0 {
			return len(p) - len(rest) + bits.TrailingZeros64(others)>>3
		}
		rest = rest[8:]
	}
	for len(rest) > 0 && rest[0]-1 < utf8.RuneSelf-1 {
		rest = rest[1:]
	}
	return len(p) - len(rest)
}

// EastAsianPrefix returns the number of bytes at the start of p that are three-byte characters of
// East Asian text: kana, ideographs and their punctuation, and Hangul if hangul is set.
func EastAsianPrefix(p []byte, hangul bool) int {
	rest := p[:len(p):len(p)]
	for len(rest) > 8 {
		word := binary.LittleEndian.Uint64(rest)
		if !areTwoThrees(word) || !isEastAsian(uint32(word), hangul) || !isEastAsian(uint32(word>>24), hangul) {
			break
		}
		rest = rest[6:]
	}
	for len(rest) >= 3 {
		word := uint32(rest[0]) | uint32(rest[1])<<8 | uint32(rest[2])<<16
		if !isThree(word) || !isEastAsian(word, hangul) {
			break
		}
		rest = rest[3:]
	}
	return len(p) - len(rest)
}

// isEastAsian reports whether three bytes of a character are in U+3000 to U+33FF, U+4E00 to U+9FFF,
// U+FF00 to U+FF3F, or U+AC00 to U+D7BF.
func isEastAsian(word uint32, hangul bool) bool {
	first := word&0xFF<<8 | word>>8&0xFF
	return first-0xE4B8 <= 0xE9BF-0xE4B8 || first-0xE380 <= 0x0F || first == 0xEFBC || hangul && first-0xEAB0 <= 0xED9E-0xEAB0
}
