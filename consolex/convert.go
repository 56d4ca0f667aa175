package consolex

import (
	"fmt"
	"io"
	"os"
	"slices"

	"golang.org/x/text/transform"

	"github.com/surefoot-go/surefoot/internal/codepage"
)

// NewDecoder returns a reader of what r yields, turned from the code page into
// UTF-8. What comes out depends on the bytes alone, never on how r hands them out.
//
// A byte that is no text becomes one U+FFFD; of an impossible pair the second byte
// stays if it is ASCII, so that no newline is ever lost. At most one incomplete
// character is held back until its rest or r's end comes. A byte order mark at the
// beginning is dropped; UTF-8's overrules the code page, UTF-16's do in [Auto],
// UTF-8 and UTF-16.
//
// Auto, and what [CodePage.OrUTF8] returns, decides line by line, as one output may
// hold lines of many programs. ASCII passes at once. From a line's first other byte
// on it holds back what comes, until a byte violates UTF-8, then the line is in the
// other code page; or 32 bytes are valid, or the line or r ends, then it is UTF-8.
// There are no statistics: the same line gives the same text always.
//
// An unknown code page is an error of the first Read, see [ErrCodePage].
func NewDecoder(r io.Reader, cp CodePage) io.Reader {
	return &convReader{r: r, conversion: decoding(cp)}
}

// NewDecodeWriter returns a writer that turns what it is given from the code page
// into UTF-8, in the way of [NewDecoder], and writes that to w. It suits as a
// child's output:
//
//	out := consolex.NewDecodeWriter(os.Stdout, consolex.Auto)
//	cmd.Stdout, cmd.Stderr = out, out
//	err := errors.Join(cmd.Run(), out.Close())
//
// What it has decoded is written before Write returns, in one call if it is
// short. Close writes what is held back; it does not close w. A writer must not be
// used by several goroutines at once.
func NewDecodeWriter(w io.Writer, cp CodePage) io.WriteCloser {
	return &convWriter{w: w, conversion: decoding(cp)}
}

// NewEncoder returns a writer that turns UTF-8 into the code page and writes that
// to w, for a file or a program that reads nothing else. A character that the code
// page lacks becomes one question mark: never 0x1A, which text files end with for
// many a program, and never another character that only looks alike, as Windows'
// own best fits would have it. A byte that is not UTF-8 is taken for U+FFFD. There
// is no byte order mark, unless it is written.
//
// Close writes what is held back; it does not close w. A writer must not be used
// by several goroutines at once. An unknown code page, or Auto, is an error of the
// first Write, see [ErrCodePage].
func NewEncoder(w io.Writer, cp CodePage) io.WriteCloser {
	return newEncoder(w, cp)
}

func newEncoder(w io.Writer, cp CodePage) *convWriter {
	enc, err := cp.Encoding()
	if err != nil {
		return &convWriter{w: w, conversion: conversion{err: err}}
	}
	return &convWriter{w: w, conversion: conversion{converter: transcoder{enc.NewEncoder(), !isUTF16(cp)}}}
}

func decoding(cp CodePage) conversion {
	other := cp &^ orUTF8
	if cp == Auto {
		other = fallback(Child(), ANSI())
	}
	c, err := newDecoder(other)
	if err != nil {
		return conversion{err: err}
	}
	if cp != other {
		c = &auto{other: c}
	}
	return conversion{converter: &markReader{converter: c, utf16: cp != other || cp == UTF8CP || isUTF16(cp)}}
}

// newDecoder returns the converter from a code page, without its byte order mark.
func newDecoder(cp CodePage) (converter, error) {
	enc, err := cp.Encoding()
	if err != nil {
		return nil, err
	}
	return transcoder{enc.NewDecoder(), !isUTF16(cp)}, nil
}

func isUTF16(cp CodePage) bool { return cp == UTF16LE || cp == utf16BE }

const utf16BE CodePage = 1201

// A converter turns bytes into other bytes.
type converter interface {
	// span returns how many bytes src starts with that stay as they are, and takes
	// them for converted.
	span(src []byte, atEOF bool) int
	// convert appends to dst what src becomes and returns how much of src that is:
	// all but an incomplete end.
	convert(dst, src []byte, atEOF bool) (out []byte, n int)
}

// A transcoder converts in one code page.
type transcoder struct {
	transform.Transformer      // without state
	ascii                 bool // passes ASCII
}

func (t transcoder) span(src []byte, _ bool) int {
	if t.ascii {
		return codepage.ASCIIPrefix(src)
	}
	return 0
}

func (t transcoder) convert(dst, src []byte, atEOF bool) ([]byte, int) {
	dst = slices.Grow(dst, 4*len(src)) // the most that a byte can become
	nDst, nSrc, _ := t.Transform(dst[len(dst):cap(dst)], src, atEOF)
	return dst[:len(dst)+nDst], nSrc
}

// A conversion is a converter with what it holds back.
type conversion struct {
	converter
	held []byte
	err  error // of the code page, or for good
}

// feed appends to dst what src becomes after that which is held back.
func (c *conversion) feed(dst, src []byte, atEOF bool) []byte {
	for len(c.held) > 0 {
		before := len(c.held)
		more := src[:min(len(src), 64)]
		joined := append(c.held, more...)
		out, n := c.convert(dst, joined, atEOF && len(more) == len(src))
		dst = out
		if n >= before {
			c.held, src = c.held[:0], src[n-before:]
			break
		}
		c.held, src = append(c.held[:0], joined[n:]...), src[len(more):]
		if len(src) == 0 {
			return dst
		}
	}
	dst, n := c.convert(dst, src, atEOF)
	c.held = append(c.held, src[n:]...)
	return dst
}

// block is how much is converted at a time: a few pages that stay in the cache.
const block = 8 << 10

// A convWriter writes what a converter makes of what it is given.
type convWriter struct {
	w io.Writer
	conversion
	buf []byte
}

func (w *convWriter) Write(p []byte) (n int, err error) {
	if w.err != nil {
		return 0, w.err
	}
	w.buf = w.buf[:0]
	if len(w.held) == 0 {
		n = w.span(p, false)
		if n == len(p) || n >= block {
			if m, err := w.w.Write(p[:n]); err != nil {
				return m, err
			}
		} else {
			w.buf = append(w.buf, p[:n]...)
		}
	}
	for n < len(p) {
		next := min(len(p), n+block)
		w.buf = w.feed(w.buf, p[n:next], false)
		if err := w.flush(); err != nil {
			return n, err
		}
		n = next
	}
	return n, nil
}

// finish writes what is held back.
func (w *convWriter) finish() error {
	if w.err != nil {
		return nil // told before
	}
	w.buf = w.feed(w.buf[:0], nil, true)
	return w.flush()
}

func (w *convWriter) flush() error {
	if len(w.buf) == 0 {
		return nil
	}
	n, err := w.w.Write(w.buf)
	if err == nil && n < len(w.buf) {
		err = io.ErrShortWrite
	}
	w.buf = w.buf[:0]
	return err
}

func (w *convWriter) Close() error {
	err := w.finish()
	if w.err == nil {
		w.err = fmt.Errorf("consolex: write after Close: %w", os.ErrClosed)
	}
	return err
}

// A convReader reads what a converter makes of what it reads.
type convReader struct {
	r io.Reader
	conversion
	src     []byte
	buf     []byte // converted
	next    int    // the first byte of buf that is not yet read
	readErr error  // r's, which comes after buf
}

func (r *convReader) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	for tries := 0; r.next == len(r.buf); tries++ {
		if tries == 100 {
			return 0, io.ErrNoProgress
		}
		if err := r.fill(); err != nil {
			return 0, err
		}
	}
	n := copy(p, r.buf[r.next:])
	r.next += n
	return n, nil
}

// fill reads and converts a block, once all is read, and tells r's error once all
// before it is read.
func (r *convReader) fill() error {
	if r.err != nil {
		return r.err
	}
	if err := r.readErr; err != nil {
		if err != io.EOF {
			r.readErr = nil // r may go on, after a deadline
		}
		return err
	}
	if r.src == nil {
		r.src = make([]byte, block)
	}
	n, err := r.r.Read(r.src)
	r.buf, r.next, r.readErr = r.feed(r.buf[:0], r.src[:n], err == io.EOF), 0, err
	return nil
}

// WriteTo is io.WriterTo's: it saves io.Copy a copy.
func (r *convReader) WriteTo(w io.Writer) (written int64, err error) {
	for {
		if r.next < len(r.buf) {
			n, err := w.Write(r.buf[r.next:])
			r.next += n
			written += int64(n)
			switch {
			case err != nil:
				return written, err
			case r.next < len(r.buf):
				return written, io.ErrShortWrite
			}
		}
		if err := r.fill(); err != nil {
			if err == io.EOF {
				err = nil
			}
			return written, err
		}
	}
}
