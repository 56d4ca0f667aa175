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

// ErrNotText is in the error for input that is neither UTF-8 nor UTF-16.
var ErrNotText = errors.New("pathx: not UTF-8 or UTF-16 text")

// NewTextReader returns a reader of the text in r as UTF-8 without a byte order
// mark, so that parsers take what Windows programs write: Notepad puts a mark before
// UTF-8, and Windows PowerShell's > makes UTF-16.
//
// A mark decides what r is. Without one it is UTF-8, or UTF-16 if one of the first two
// bytes, and only one, is zero. Anything else is an [ErrNotText] that says at which
// byte and in which line of the input: text in a code page such as GBK (936) is none
// of both, and guessing would change it. Read that with NewDecoder of package
// consolex. What precedes the error is delivered; line ends stay as they are.
//
// The reader is for one goroutine. It does not close r.
func NewTextReader(r io.Reader) io.Reader { return &textReader{src: r, line: 1} }

type textReader struct {
	src io.Reader
	err error // what Read returns once text is delivered

	raw     []byte           // read and not yet decoded: less than a character between calls
	text    []byte           // decoded and not yet delivered: the end of buf
	buf     []byte           // for reuse
	order   binary.ByteOrder // of UTF-16; nil: UTF-8
	started bool             // order is known
	offset  int64            // of raw in src
	line    int              // of raw in src
}

const (
	textChunk   = 4 << 10
	longestMark = 4   // bytes
	maxEmpty    = 100 // empty reads in a row, as in package bufio
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
		t.fill()
	}
	n := copy(p, t.text)
	t.text = t.text[n:]
	return n, nil
}

// fill reads once from src and decodes what is there.
func (t *textReader) fill() {
	if cap(t.raw)-len(t.raw) < textChunk/2 {
		t.raw = append(make([]byte, 0, textChunk), t.raw...)
	}
	n, err := t.src.Read(t.raw[len(t.raw):cap(t.raw)])
	t.raw = t.raw[:len(t.raw)+n]
	if !t.started {
		if len(t.raw) < longestMark && err == nil {
			return
		}
		t.start()
	}
	if t.err == nil {
		t.decode(err == io.EOF)
	}
	if t.err == nil {
		t.err = err
	}
}

// start finds out the encoding and drops the mark.
func (t *textReader) start() {
	t.started = true
	b := t.raw
	switch {
	case bytes.HasPrefix(b, []byte{0xFF, 0xFE, 0, 0}), bytes.HasPrefix(b, []byte{0, 0, 0xFE, 0xFF}):
		t.fail("the byte order mark of UTF-32")
	case bytes.HasPrefix(b, []byte{0xEF, 0xBB, 0xBF}):
		t.skip(3)
	case bytes.HasPrefix(b, []byte{0xFF, 0xFE}):
		t.order = binary.LittleEndian
		t.skip(2)
	case bytes.HasPrefix(b, []byte{0xFE, 0xFF}):
		t.order = binary.BigEndian
		t.skip(2)
	case len(b) >= 2 && b[0] != 0 && b[1] == 0:
		t.order = binary.LittleEndian
	case len(b) >= 2 && b[0] == 0 && b[1] != 0:
		t.order = binary.BigEndian
	}
}

// decode turns the whole characters in raw into text.
func (t *textReader) decode(last bool) {
	t.buf = t.buf[:0]
	n, valid := 0, true
	for n < len(t.raw) {
		r, size := t.char(t.raw[n:])
		if valid = r >= 0; !valid || size == 0 {
			break
		}
		t.buf = utf8.AppendRune(t.buf, r)
		n += size
	}
	t.text = t.buf
	t.line += bytes.Count(t.buf, []byte{'\n'})
	t.skip(n)
	switch {
	case !valid:
		t.fail(fmt.Sprintf("0x%02X", t.raw[0]))
	case last && len(t.raw) > 0:
		t.fail("the end in the middle of a character")
	}
}

// char returns the first character in b and its size: 0 if it isn't whole. The
// character is -1 if it is none.
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

// fail ends the input with an error about what follows.
func (t *textReader) fail(what string) {
	t.err = fmt.Errorf("%w: byte %d, in line %d: %s; text in a code page such as GBK (936) goes through consolex.NewDecoder",
		ErrNotText, t.offset, t.line, what)
}
