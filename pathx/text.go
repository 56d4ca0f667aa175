package pathx

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"unicode/utf16"
	"unicode/utf8"
)

// ErrNotText is returned, wrapped, for input that is neither UTF-8 nor UTF-16.
var ErrNotText = errors.New("pathx: not UTF-8 or UTF-16 text")

// NewTextReader returns a reader that delivers the text in r as UTF-8 without byte order marks, so
// that parsers accept files written by Windows programs: Notepad puts a mark before UTF-8, and > in
// Windows PowerShell writes UTF-16.
//
// A mark at the start determines the encoding. Without one, r is UTF-8, or UTF-16 if there is a
// zero byte within the first 4 KiB and the bytes before it are not plausible UTF-8: UTF-8 text has
// no zero bytes, and every line break in UTF-16 has one. (UTF-16 without a mark and without any
// ASCII character, not even a line break, can't be told from other data.) A mark at the start of a
// later line, as found in concatenated files, is also dropped.
//
// For any other input Read returns an error that matches [ErrNotText] and gives the byte offset,
// the line and a remedy. One case is text in a code page such as GBK (936), which can't be guessed
// without risk: read it with NewDecoder of package consolex. Another is a zero byte: >> in Windows
// PowerShell appends UTF-16 to a UTF-8 file. The text before the error is delivered. Line ends are
// not changed.
//
// The reader delivers nothing until it has seen a mark, 4 KiB or the end of r, so it is meant for
// files, not for interactive input. It is not safe for concurrent use. It does not close r.
func NewTextReader(r io.Reader) io.Reader { return &textReader{src: r, line: 1, lineStart: true} }

type textReader struct {
	src io.Reader
	err error // returned by Read once text is delivered

	raw     []byte           // read and not yet decoded: an incomplete character between calls
	text    []byte           // decoded and not yet delivered: the end of buf
	buf     []byte           // for reuse
	order   binary.ByteOrder // of UTF-16; nil: UTF-8
	started bool             // order is known
	offset  int64            // of raw in src
	line    int              // of raw in src

	lineStart bool // raw begins a line, where U+FEFF is a mark and not a character
}

const (
	textChunk   = 4 << 10
	longestMark = 4   // bytes
	maxEmpty    = 100 // empty reads in a row, as in package bufio
	mark        = '\uFEFF'
)

func (t *textReader) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	for empty := 0; len(t.text) == 0; empty++ {
		if t.err != nil {
			return 0, t.err
		}
		if empty == maxEmpty {
			return 0, io.ErrNoProgress
		}
		if t.fill() > 0 {
			empty = 0
		}
	}
	n := copy(p, t.text)
	t.text = t.text[n:]
	return n, nil
}

// fill reads once from src, decodes the data, and returns the number of bytes read.
func (t *textReader) fill() int {
	if cap(t.raw)-len(t.raw) < textChunk/2 {
		t.raw = append(make([]byte, 0, 2*textChunk), t.raw...)
	}
	room := t.raw[len(t.raw):cap(t.raw)]
	if !t.started {
		room = room[:textChunk-len(t.raw)]
	}
	n, err := t.src.Read(room)
	t.raw = t.raw[:len(t.raw)+n]
	if !t.started && t.err == nil {
		if !t.start(err != nil) {
			return n
		}
	}
	if t.err == nil {
		t.decode(err == io.EOF)
	}
	if t.err == nil {
		t.err = err
	}
	return n
}

// start determines the encoding and drops the mark. It returns false as long as more bytes could
// change the result, so that the encoding never depends on how the input is split into reads.
func (t *textReader) start(last bool) bool {
	b := t.raw
	if len(b) < longestMark && !last {
		return false
	}
	switch {
	case bytes.HasPrefix(b, []byte{0xFF, 0xFE, 0, 0}), bytes.HasPrefix(b, []byte{0, 0, 0xFE, 0xFF}):
		t.fail("the byte order mark of UTF-32, which no parser of configurations reads: save it as UTF-8")
	case bytes.HasPrefix(b, []byte{0xEF, 0xBB, 0xBF}):
		t.skip(3)
	case bytes.HasPrefix(b, []byte{0xFF, 0xFE}):
		t.order = binary.LittleEndian
		t.skip(2)
	case bytes.HasPrefix(b, []byte{0xFE, 0xFF}):
		t.order = binary.BigEndian
		t.skip(2)
	default:
		if len(b) < textChunk && !last {
			return false
		}
		if zero := bytes.IndexByte(b, 0); zero >= 0 {
			t.order = orderWithoutMark(b, zero)
		}
	}
	t.started = true
	return true
}

// orderWithoutMark returns the byte order of b if it is UTF-16 without a mark, or nil if it is not.
// The first zero byte of b is at index zero.
func orderWithoutMark(b []byte, zero int) binary.ByteOrder {
	if zero+1 < len(b) && b[zero+1] == 0 {
		return nil // U+0000 in either order
	}
	little, _ := plausible(b, binary.LittleEndian)
	big, _ := plausible(b, binary.BigEndian)
	var order binary.ByteOrder = binary.LittleEndian
	if big > little {
		order = binary.BigEndian
	}
	before := b[:zero&^1] // whole units
	if _, all := plausible(before[:textLength(before)], order); !all {
		return nil // UTF-8 text followed by something else
	}
	return order
}

// plausible scores how much b looks like UTF-16 text in that byte order, and reports whether all of
// it does. The zero bytes alone don't determine the order: 一, 开 and 最 contain one as well.
func plausible(b []byte, order binary.ByteOrder) (score int, all bool) {
	all = true
	for ; len(b) >= 2; b = b[2:] {
		switch u := order.Uint16(b); {
		case u == '\n', u == '\r', u == '\t':
			score += 4
		case u < ' ', 0x7F <= u && u < 0xA0, u == 0x0A00, u == 0x0D00, 0xE000 <= u && u < 0xF900, u >= 0xFFFE:
			score -= 4 // control characters, unassigned and private ones
			all = false
		case u < 0x0530, 0x3000 <= u && u < 0x3100, 0x4E00 <= u && u < 0xA000, 0xAC00 <= u && u < 0xD7A4, 0xFF00 <= u && u < 0xFFF0:
			score++ // Latin, Greek, Cyrillic; Chinese, Japanese, Korean
		default:
			all = false
		}
	}
	return score, all
}

// textLength returns the number of bytes at the start of b that are UTF-8 text.
func textLength(b []byte) int {
	for n := 0; n < len(b); {
		r, size := utf8.DecodeRune(b[n:])
		if r == utf8.RuneError && size == 1 || r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0x7F {
			return n
		}
		n += size
	}
	return len(b)
}

// decode converts the complete characters in raw to text.
func (t *textReader) decode(last bool) {
	t.buf = t.buf[:0]
	n, valid := 0, true
	for n < len(t.raw) {
		r, size := t.char(t.raw[n:])
		if valid = r > 0 || size == 0; !valid || size == 0 {
			break
		}
		if r != mark || !t.lineStart {
			t.buf = utf8.AppendRune(t.buf, r)
			t.lineStart = r == '\n'
		}
		n += size
	}
	t.text = t.buf
	t.line += bytes.Count(t.buf, []byte{'\n'})
	t.skip(n)
	switch {
	case !valid:
		t.fail(t.problem())
	case last && len(t.raw) > 0:
		t.fail("the end in the middle of a character: the file has been cut short")
	}
}

// problem describes what is wrong with the character at the start of raw, and what to do.
func (t *textReader) problem() string {
	switch r, _ := t.char(t.raw); {
	case r == 0 && t.order == nil:
		return "a zero byte: from here on it may be UTF-16, as >> of Windows PowerShell appends it (use Add-Content -Encoding utf8), or it is no text"
	case r == 0:
		return "a zero character: it is no text"
	case t.order != nil:
		return fmt.Sprintf("0x%02X%02X, half of a surrogate pair: the UTF-16 is damaged", t.raw[1], t.raw[0])
	default:
		return fmt.Sprintf("0x%02X; text in a code page such as GBK (936) goes through consolex.NewDecoder", t.raw[0])
	}
}

// char returns the first character in b and its size, which is 0 if the character is incomplete.
// The character is -1 if it is invalid.
func (t *textReader) char(b []byte) (r rune, size int) {
	if t.order == nil {
		if b[0] < utf8.RuneSelf {
			return rune(b[0]), 1
		}
		if !utf8.FullRune(b) {
			return 0, 0
		}
		if r, size = utf8.DecodeRune(b); size == 1 {
			return -1, 1
		}
		return r, size
	}
	if len(b) < 2 {
		return 0, 0
	}
	if r = rune(t.order.Uint16(b)); !utf16.IsSurrogate(r) {
		return r, 2
	}
	if len(b) < 4 && r < 0xDC00 { // the first of two surrogates
		return 0, 0
	}
	if len(b) < 4 {
		return -1, 2
	}
	if r = utf16.DecodeRune(r, rune(t.order.Uint16(b[2:]))); r == utf8.RuneError {
		return -1, 2
	}
	return r, 4
}

func (t *textReader) skip(n int) {
	t.raw = t.raw[n:]
	t.offset += int64(n)
}

// fail ends the input with an error about the data at the current offset.
func (t *textReader) fail(what string) {
	t.err = fmt.Errorf("%w: byte %d, in line %d: %s", ErrNotText, t.offset, t.line, what)
}
