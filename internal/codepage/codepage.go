// Package codepage converts between UTF-8 and Windows' code pages, exactly as Windows does, on
// every system.
//
// A single-byte page is stored as its 128 upper characters. A double-byte page is built from
// x/text's table of the same name and the list of differences in Windows: private use areas, the
// euro sign, and in page 950 a third of the characters. Tables are built once, on first use. Pages
// 951 (Big5-HKSCS of 2008), 20932 and 51932 (EUC-JP) are x/text's; the last two also read and write
// JIS X 0212 in three bytes, as files have it.
//
// It differs from MultiByteToWideChar for invalid bytes: an invalid byte becomes U+FFFD instead of
// the page's own replacement, and an ASCII byte after a stray lead byte is kept, so that no newline
// or quotation mark is ever lost.
package codepage

import (
	"errors"
	"fmt"
	"sync"

	"golang.org/x/text/encoding"
	"golang.org/x/text/transform"
)

// Numbers of code pages with rules of their own.
const (
	utf16LE = 1200
	utf16BE = 1201
	hkscs   = 951
	gb18030 = 54936
	utf8CP  = 65001
)

// Unknown is returned, wrapped, by Lookup for an unknown number.
type Unknown struct{}

func (Unknown) Error() string        { return "consolex: unsupported code page" }
func (Unknown) Is(target error) bool { return target == errors.ErrUnsupported }

// Lookup returns the encoding with this number in Windows. Its decoders and encoders never fail:
// invalid bytes become U+FFFD, and characters that the page lacks become '?'.
func Lookup(number uint32) (encoding.Encoding, error) {
	switch number {
	case utf8CP:
		return coding{utf8Coder{}, utf8Coder{}}, nil
	case utf16LE:
		return coding{utf16Decoder{}, utf16Encoder{}}, nil
	case utf16BE:
		return coding{utf16Decoder{bigEndian: true}, utf16Encoder{bigEndian: true}}, nil
	}
	if !Known(number) {
		return nil, fmt.Errorf("%w %d: no table has this number", Unknown{}, number)
	}
	p := pageOf(number)
	return coding{decoder{p}, encoder{p}}, nil
}

// PageOf returns the code page of that number. It returns false for a number without a table, and
// for UTF-8 and UTF-16, which have none.
func PageOf(number uint32) (*Page, bool) {
	if isUnicode(number) || !Known(number) {
		return nil, false
	}
	return pageOf(number), true
}

func isUnicode(number uint32) bool { return number == utf8CP || number == utf16LE || number == utf16BE }

// Known reports whether Lookup knows the number.
func Known(number uint32) bool {
	switch number {
	case utf8CP, utf16LE, utf16BE, 932, 936, 949, 950, hkscs, 20932, 51932, gb18030:
		return true
	}
	return upperHalf(number) != ""
}

// A coding is a pair of transformers without state.
type coding struct{ decoder, encoder transform.Transformer }

func (c coding) NewDecoder() *encoding.Decoder { return &encoding.Decoder{Transformer: c.decoder} }
func (c coding) NewEncoder() *encoding.Encoder { return &encoding.Encoder{Transformer: c.encoder} }

// A Page is a code page of one, two or four bytes a character, whose bytes below 0x80 are ASCII. It
// is safe for concurrent use.
type Page struct {
	number uint32

	decoding sync.Once
	single   [0x80]uint16      // by byte-0x80: a character, or none, which a lead byte is too
	upper    [0x80]uint32      // the UTF-8 of single, first byte lowest, and its length in the highest byte; 0 for none
	pairs    *[1 << 15]uint32  // by pair&0x7FFF, in the same way; nil in a page of one byte
	others   map[uint16]string // by pair: text that is not one character of 16 bits; pairs has elsewhere for it
	four     []uint16          // the characters of GB 18030's four-byte codes
	three    *[1 << 14]uint16  // those of EUC-JP's codes of three bytes, by the last two, seven bits each

	encoding sync.Once
	codes    *[1 << 16]uint16 // by character from U+0800 on: its byte or pair; 0 for none, and below
	short    *[0x800]uint16   // the same for characters of one or two bytes in UTF-8
	astral   map[rune]uint16  // the same for characters beyond the Basic Multilingual Plane
	long     map[rune]uint16  // EUC-JP's codes of three bytes, by character: the last two
}

// none is in the table of single bytes for one that is not a character. 0 is one: 0x80 in page 20127.
const none = 0xFFFF

// elsewhere is in the table of pairs for a pair whose text is in others.
const elsewhere = 1

var pages sync.Map // by number

func pageOf(number uint32) *Page {
	p, ok := pages.Load(number)
	if !ok {
		p, _ = pages.LoadOrStore(number, &Page{number: number})
	}
	return p.(*Page)
}

// load makes the tables for decoding.
func (p *Page) load() { p.decoding.Do(p.build) }

// loadCodes makes the table for encoding.
func (p *Page) loadCodes() { p.encoding.Do(p.buildCodes) }
