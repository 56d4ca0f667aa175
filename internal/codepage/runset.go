package codepage

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf8"
)

// A RunSet remembers short runs of bytes that are not ASCII, with the kinds of ASCII around them,
// so that a frequent letter such as é need not be looked at each time. It forgets some of them.
type RunSet [1024]uint64

// Add remembers the run of which p is all and the byte after it. before is the byte before it. A
// run of more than six bytes is not remembered.
func (s *RunSet) Add(p []byte, before byte) {
	size := len(p) - 1
	if size < 1 || size > 6 || p[size] >= utf8.RuneSelf || before >= utf8.RuneSelf {
		return
	}
	key := keyOf(head(p), size, before)
	s[slotOf(key)] = key
}

// Prefix returns how many bytes p starts with that are ASCII, runs that are remembered, and
// characters of three bytes if threes is set; and where the last of those that are not ASCII ends.
func (s *RunSet) Prefix(p []byte, before byte, threes bool) (n, high int) {
	rest := p[:len(p):len(p)]
	for len(rest) > 0 {
		if rest[0] < utf8.RuneSelf {
			rest = rest[ASCIIPrefix(rest):]
			continue
		}
		if threes && rest[0] >= 0xE0 {
			have := len(rest)
			for len(rest) > 8 && areTwoThrees(binary.LittleEndian.Uint64(rest)) {
				rest = rest[6:]
			}
			if len(rest) >= 3 && isThree(uint32(rest[0])|uint32(rest[1])<<8|uint32(rest[2])<<16) {
				rest = rest[3:]
			}
			if len(rest) < have {
				high = len(p) - len(rest)
				continue
			}
		}
		word := head(rest)
		if len(rest) < len(p) {
			before = p[len(p)-len(rest)-1]
		}
		size := 2
		if word&0x808080 != 0x8080 {
			size = bits.TrailingZeros64(^word&nonASCII) >> 3
		}
		if size > 6 || size >= len(rest) || before >= utf8.RuneSelf {
			break
		}
		if key := keyOf(word, size, before); s[slotOf(key)] != key {
			break
		}
		rest = rest[size:]
		high = len(p) - len(rest)
	}
	return len(p) - len(rest), high
}

// head returns the first eight bytes of p, 0 for those after its end.
func head(p []byte) (word uint64) {
	if len(p) >= 8 {
		return binary.LittleEndian.Uint64(p)
	}
	for i, c := range p {
		word |= uint64(c) << (8 * i)
	}
	return word
}

// keyOf returns what a RunSet knows a run by: its bytes, and the kinds of those around it.
func keyOf(word uint64, size int, before byte) uint64 {
	after := word >> (8 * size & 63) & 0x7F
	return word&(1<<(8*size&63)-1) | uint64(kinds[before&0x7F])<<48 | uint64(kinds[after])<<56
}

func slotOf(key uint64) uint { return uint(key * 0x9E3779B97F4A7C15 >> 54) }

// kinds tells small letters, capitals and other ASCII apart.
const kinds = "................................" + "................................" +
	".AAAAAAAAAAAAAAAAAAAAAAAAAA....." + ".aaaaaaaaaaaaaaaaaaaaaaaaaa....."
