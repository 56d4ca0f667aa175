// Package linewise has the rule that consolex.Auto had before it decided run by run, as a peer to
// be measured beside it: a line is UTF-8 if the first 32 bytes from its first byte on that is not
// ASCII are, or all of them.
package linewise

import (
	"bytes"
	"io"
	"slices"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/transform"

	"github.com/surefoot-go/surefoot/internal/codepage"
)

// NewDecodeWriter returns a writer that decodes lines that are not UTF-8 from page, and writes the
// text to w.
func NewDecodeWriter(w io.Writer, page encoding.Encoding) io.WriteCloser {
	return &writer{w: w, page: page.NewDecoder().Transformer}
}

type writer struct {
	w         io.Writer
	page      transform.Transformer // without state
	line      lineKind
	held, buf []byte
}

// A lineKind is what the present line is in.
type lineKind uint8

const (
	undecided lineKind = iota // ASCII so far
	inUTF8
	inPage
)

const (
	enough = 32      // how many valid bytes make a line UTF-8
	block  = 8 << 10 // how much is converted at a time
)

// Write implements io.Writer.
func (w *writer) Write(p []byte) (n int, err error) {
	w.buf = w.buf[:0]
	if len(w.held) == 0 {
		n = w.span(p, false)
		if n > 0 && (n == len(p) || n >= block) {
			if n, err = w.w.Write(p[:n]); err != nil {
				return n, err
			}
		} else {
			w.buf = append(w.buf, p[:n]...)
		}
	}
	for n < len(p) {
		end := min(len(p), n+block)
		w.convert(p[n:end], false)
		if err := w.flush(); err != nil {
			return n, err
		}
		n = end
	}
	return n, nil
}

// Close writes what is held back.
func (w *writer) Close() error {
	w.buf = w.buf[:0]
	w.convert(nil, true)
	return w.flush()
}

func (w *writer) flush() error {
	_, err := w.w.Write(w.buf)
	w.buf = w.buf[:0]
	return err
}

// judge decides on a line by what follows its ASCII. An incomplete end proves nothing.
func judge(src []byte, atEOF bool) lineKind {
	for n := 0; n < enough; {
		if n == len(src) {
			if atEOF {
				return inUTF8
			}
			return undecided
		}
		if src[n] == '\n' {
			return inUTF8
		}
		r, size := utf8.DecodeRune(src[n:])
		if r == utf8.RuneError && size == 1 {
			switch {
			case utf8.FullRune(src[n:]):
				return inPage
			case atEOF:
				return inUTF8
			}
			return undecided
		}
		n += size
	}
	return inUTF8
}

// span returns how many bytes src starts with that stay as they are.
func (w *writer) span(src []byte, atEOF bool) (n int) {
	for n < len(src) {
		rest := src[n:]
		switch w.line {
		case undecided:
			valid := rest[:codepage.ValidPrefix(rest)]
			lines := bytes.LastIndexByte(valid, '\n') + 1 // all of them UTF-8
			n += lines + codepage.ASCIIPrefix(valid[lines:])
			if n == len(src) {
				return n
			}
			if w.line = judge(src[n:], atEOF); w.line == undecided {
				return n
			}
		case inUTF8:
			line, ended := lineOf(rest)
			valid := codepage.ValidPrefix(line)
			n += valid
			if valid < len(line) {
				return n
			}
			if ended {
				w.line = undecided
			}
		case inPage:
			return n
		}
	}
	return n
}

// convert decodes the pending bytes followed by src, appends the result to buf, and keeps the rest.
func (w *writer) convert(src []byte, atEOF bool) {
	if len(w.held) > 0 {
		src = append(w.held, src...)
	}
	n := 0
	for n < len(src) {
		same := w.span(src[n:], atEOF)
		w.buf = append(w.buf, src[n:n+same]...)
		n += same
		if n == len(src) || w.line == undecided || w.line == inUTF8 && !atEOF && !utf8.FullRune(src[n:]) {
			break
		}
		if w.line == inUTF8 {
			w.buf = utf8.AppendRune(w.buf, utf8.RuneError)
			n++
			continue
		}
		line, ended := lineOf(src[n:])
		w.buf = slices.Grow(w.buf, 4*len(line))
		nDst, used, _ := w.page.Transform(w.buf[len(w.buf):cap(w.buf)], line, ended || atEOF)
		w.buf = w.buf[:len(w.buf)+nDst]
		n += used
		if used < len(line) {
			break
		}
		if ended {
			w.line = undecided
		}
	}
	w.held = append(w.held[:0], src[n:]...)
}

// lineOf returns what src has of its first line.
func lineOf(src []byte) (line []byte, ended bool) {
	if end := bytes.IndexByte(src, '\n'); end >= 0 {
		return src[:end+1], true
	}
	return src, false
}
