package codepage

import (
	"bytes"
	"encoding/binary"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
)

//go:generate go run ./gen

// A run is n codes in a row, from code on, whose characters are also in a row, from char on. A char
// of 0 means that the codes mean nothing.
type run struct {
	code uint16
	n    uint16
	char uint16
}

// Base returns the encoding of x/text that the page of that number is made from, or nil.
func Base(number uint32) encoding.Encoding {
	switch number {
	case 932:
		return japanese.ShiftJIS
	case 936:
		return simplifiedchinese.GBK
	case 949:
		return korean.EUCKR
	case 950, hkscs:
		return traditionalchinese.Big5
	case 20932, 51932:
		return japanese.EUCJP
	}
	return nil
}

// build makes the tables for decoding.
func (p *Page) build() {
	p.buildSingle()
	for i, char := range p.single {
		if char != none {
			p.upper[i] = pack(rune(char)) | uint32(utf8.RuneLen(rune(char)))<<24
		}
	}
	base, differences, _ := p.sources()
	if base == nil {
		return
	}
	p.pairs = new([1 << 15]uint32)
	p.fromText(base)
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
	switch p.number {
	case gb18030:
		p.buildFour()
	case 20932, 51932:
		p.buildThree(base)
	}
}

// buildSingle sets the bytes from 0x80 on that are characters of their own. Those that Windows does
// not define in a page of two bytes lie in its private use area.
func (p *Page) buildSingle() {
	for i := range p.single {
		p.single[i] = none
	}
	set := func(b int, char rune) { p.single[b-0x80] = uint16(char) }
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
	case 950, hkscs:
		set(0x80, 0x80)
		set(0xFF, 0xF8F8)
	}
}

// sources returns what a page of two bytes is made from: an encoding of x/text, the differences to
// it in their order, and the codes that are not encoded to.
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
	case hkscs, 20932, 51932:
		return Base(p.number), nil, nil
	}
	return nil, nil, nil
}

// fromText fills pairs with what x/text makes of all pairs, in one go.
func (p *Page) fromText(base encoding.Encoding) {
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
		text := dst[:bytes.IndexByte(dst, '\n')]
		dst = dst[len(text)+1:]
		switch char, size := utf8.DecodeRune(text); {
		case size == len(text) && char != utf8.RuneError && char < 0x10000:
			p.pairs[code&0x7FFF] = pack(char)
		case p.number == hkscs && text[0] >= 0x80 && !bytes.ContainsRune(text, utf8.RuneError):
			if p.others == nil {
				p.others = map[uint16]string{}
			}
			p.others[uint16(code)] = string(text)
			p.pairs[code&0x7FFF] = elsewhere
		}
	}
}

// buildThree fills the table of EUC-JP's codes of three bytes, those of JIS X 0212.
func (p *Page) buildThree(base encoding.Encoding) {
	p.three = new([1 << 14]uint16)
	decoder := base.NewDecoder()
	for first := 0xA1; first <= 0xFE; first++ {
		for second := 0xA1; second <= 0xFE; second++ {
			var dst [8]byte
			n, _, _ := decoder.Transform(dst[:], []byte{0x8F, byte(first), byte(second)}, true)
			if char, size := utf8.DecodeRune(dst[:n]); size == n && char != utf8.RuneError {
				p.three[first&0x7F<<7|second&0x7F] = uint16(char)
			}
		}
	}
}

// buildFour lists the characters that GB 18030 writes in four bytes: those of the Basic
// Multilingual Plane that have no shorter code, in order.
func (p *Page) buildFour() {
	var short [1 << 16]bool
	for _, packed := range p.pairs {
		short[unpack(packed)] = true
	}
	p.four = make([]uint16, 0, 39420)
	for char := 0x80; char < 1<<16; char++ {
		if !short[char] && (char < 0xD800 || char > 0xDFFF) {
			p.four = append(p.four, uint16(char))
		}
	}
}

// buildCodes makes the table for encoding, the reverse of that for decoding. Best fits, which turn
// a character into another one that looks like it, are not in it: what can't be encoded must not
// become something else unnoticed.
func (p *Page) buildCodes() {
	p.load()
	p.codes, p.short = new([1 << 16]uint16), new([0x800]uint16)
	set := func(char rune, code uint16) {
		if char < 0x800 {
			p.short[char] = code
		} else {
			p.codes[char] = code
		}
	}
	if p.pairs != nil {
		_, _, notEncoded := p.sources()
		skip := map[uint16]bool{}
		for _, r := range notEncoded {
			for i := range r.n {
				skip[r.code+i] = true
			}
		}
		for i, packed := range p.pairs {
			char := unpack(packed)
			switch code := uint16(i) | 0x8000; {
			case char == elsewhere:
				if char, size := utf8.DecodeRuneInString(p.others[code]); size == len(p.others[code]) {
					p.setAstral(char, code)
				}
			case char != 0 && !skip[code] && (p.code(char) == 0 || !p.firstCode()):
				set(char, code)
			}
		}
	}
	if p.three != nil {
		p.long = map[rune]uint16{}
		for i, char := range p.three {
			if char != 0 {
				p.long[rune(char)] = uint16(i>>7|0x80)<<8 | uint16(i&0x7F|0x80)
			}
		}
	}
	for i, char := range p.single {
		if char != none {
			set(rune(char), uint16(0x80+i))
		}
	}
	for b := range uint16(0x80) {
		p.short[b] = b
	}
}

func (p *Page) setAstral(char rune, code uint16) {
	if p.astral == nil {
		p.astral = map[rune]uint16{}
	}
	p.astral[char] = code
}

// firstCode reports whether a character that has several codes is encoded as the first one of them.
func (p *Page) firstCode() bool { return p.number == hkscs }

// pack returns the UTF-8 of a character of the Basic Multilingual Plane, first byte lowest. A
// character of three bytes is the only one from 1<<16 on. 0 stands for no character.
func pack(char rune) uint32 {
	var b [4]byte
	utf8.EncodeRune(b[:], char)
	return binary.LittleEndian.Uint32(b[:])
}

// unpack returns the character of a packed one.
func unpack(packed uint32) rune {
	switch {
	case packed >= 1<<16:
		return rune(packed&0x0F<<12 | packed>>2&0xFC0 | packed>>16&0x3F)
	case packed >= 1<<8:
		return rune(packed&0x1F<<6 | packed>>8&0x3F)
	}
	return rune(packed)
}
