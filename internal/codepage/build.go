package codepage

import (
	"encoding/binary"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
)

//go:generate go run ./gen

// A run is n codes in a row, from code on, whose characters are in a row, too,
// from char on. A char of 0 means that the codes mean nothing.
type run struct {
	code uint16
	n    uint16
	char uint16
}

// Base returns the encoding of x/text that the page of that number is made from,
// or nil.
func Base(number uint32) encoding.Encoding {
	switch number {
	case 932:
		return japanese.ShiftJIS
	case 936:
		return simplifiedchinese.GBK
	case 949:
		return korean.EUCKR
	case 950:
		return traditionalchinese.Big5
	}
	return nil
}

// build makes the tables for decoding.
func (p *Page) build() {
	p.buildSingle()
	base, differences, _ := p.sources()
	if base == nil {
		return
	}
	p.pairs = new([1 << 15]uint32)
	fromText(p.pairs, base)
	for _, runs := range differences {
		for _, r := range runs {
			for i := range r.n {
				packed := uint32(0)
				if r.char != 0 {
					packed = pack(rune(r.char + i))
				}
				p.pairs[(r.code+i)&0x7FFF] = packed
			}
		}
	}
	if p.number == gb18030 {
		p.buildFour()
	}
}

// buildSingle sets the bytes from 0x80 on that are characters of their own. Those
// that Windows does not define in a page of two bytes lie in its private use area.
func (p *Page) buildSingle() {
	set := func(b int, char rune) { p.single[b-0x80] = pack(char) }
	i := 0x80
	for _, char := range upperHalf(p.number) {
		if char != utf8.RuneError {
			set(i, char)
		}
		i++
	}
	switch p.number {
	case 932:
		set(0x80, 0x80)
		set(0xA0, 0xF8F0)
		for i := range 63 { // half-width katakana
			set(0xA1+i, 0xFF61+rune(i))
		}
		set(0xFD, 0xF8F1)
		set(0xFE, 0xF8F2)
		set(0xFF, 0xF8F3)
	case 936:
		set(0x80, '€')
		set(0xFF, 0xF8F5)
	case 949:
		set(0x80, 0x80)
		set(0xFF, 0xF8F7)
	case 950:
		set(0x80, 0x80)
		set(0xFF, 0xF8F8)
	}
}

// sources returns what a page of two bytes is made from: an encoding of x/text,
// the differences to it in their order, and the codes that are not encoded to.
func (p *Page) sources() (base encoding.Encoding, differences [][]run, notEncoded []run) {
	switch p.number {
	case 932:
		return Base(932), [][]run{pairs932}, oneWay932
	case 936:
		return Base(936), [][]run{pairs936}, nil
	case 949:
		return Base(949), [][]run{pairs949}, nil
	case 950:
		return Base(950), [][]run{pairs950}, oneWay950
	case gb18030:
		return Base(936), [][]run{pairs936, pairs54936}, nil
	}
	return nil, nil, nil
}

// fromText fills pairs with what x/text makes of all pairs, in one go.
func fromText(pairs *[1 << 15]uint32, base encoding.Encoding) {
	const all = 126 * 191 // lead bytes 0x81 to 0xFE, trail bytes 0x40 to 0xFE
	src := make([]byte, 0, 3*all)
	for lead := 0x81; lead <= 0xFE; lead++ {
		for trail := 0x40; trail <= 0xFE; trail++ {
			src = append(src, byte(lead), byte(trail), '\n') // no state goes beyond a newline
		}
	}
	dst := make([]byte, 0, 8*all)
	nDst, _, _ := base.NewDecoder().Transform(dst[:cap(dst)], src, true)
	dst = dst[:nDst]
	for code := 0x8140; len(dst) > 0; code++ {
		if code&0xFF == 0xFF {
			code += 0x41
		}
		char, size := utf8.DecodeRune(dst)
		if dst[size] == '\n' && char != utf8.RuneError && char < 0x10000 { // else two characters, or none
			pairs[code&0x7FFF] = pack(char)
			dst = dst[size+1:]
			continue
		}
		for dst[0] != '\n' {
			dst = dst[1:]
		}
		dst = dst[1:]
	}
}

// buildFour lists the characters that GB 18030 writes in four bytes: those of the
// Basic Multilingual Plane that have no shorter code, in order.
func (p *Page) buildFour() {
	var short [1 << 16]bool
	for _, packed := range p.pairs {
		if packed != 0 {
			short[unpack(packed)] = true
		}
	}
	p.four = make([]uint16, 0, 39420)
	for char := 0x80; char < 1<<16; char++ {
		if !short[char] && (char < 0xD800 || char > 0xDFFF) {
			p.four = append(p.four, uint16(char))
		}
	}
}

// buildCodes makes the table for encoding, the reverse of that for decoding. Best
// fits, which turn a character into another one that looks like it, are not in
// it: what can't be encoded must not become something else unnoticed.
func (p *Page) buildCodes() {
	p.load()
	p.codes = new([1 << 16]uint16)
	if p.pairs != nil {
		_, _, notEncoded := p.sources()
		skip := map[uint16]bool{}
		for _, r := range notEncoded {
			for i := range r.n {
				skip[r.code+i] = true
			}
		}
		for i, packed := range p.pairs {
			if code := uint16(i) | 0x8000; packed != 0 && !skip[code] {
				p.codes[unpack(packed)] = code
			}
		}
	}
	for i, packed := range p.single {
		if packed != 0 {
			p.codes[unpack(packed)] = uint16(0x80 + i)
		}
	}
	for b := range uint16(0x80) {
		p.codes[b] = b
	}
}

// pack returns the UTF-8 of a character, first byte lowest, and in the highest
// byte its length, or the fourth byte if it has one, which is more than any length.
// It is never 0, which stands for no character.
func pack(char rune) uint32 {
	var b [4]byte
	n := utf8.EncodeRune(b[:], char)
	if n < 4 {
		b[3] = byte(n)
	}
	return binary.LittleEndian.Uint32(b[:])
}

// packedLen returns the number of bytes that a packed character has.
func packedLen(packed uint32) int { return int(min(packed>>24, 4)) }

// unpack returns the character of a packed one.
func unpack(packed uint32) rune {
	var b [4]byte
	binary.LittleEndian.PutUint32(b[:], packed)
	char, _ := utf8.DecodeRune(b[:packedLen(packed)])
	return char
}
