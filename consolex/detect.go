package consolex

import (
	"bytes"
	"fmt"
	"io"
	"os/exec"
	"unicode/utf8"

	"github.com/surefoot-go/surefoot/internal/codepage"
)

// Detect decodes output of programs that don't agree on an encoding: UTF-8, UTF-16 and one code
// page, in one stream. The zero value is [Auto]. It goes by the bytes so far, never by chunk or
// time, so that the same bytes give the same text, however they are cut.
//
//   - ASCII passes at once.
//   - What is not valid UTF-8 is in the code page.
//   - What is proof of UTF-8 passes at once. In a double-byte page that is a valid sequence of three
//     or four bytes which is a character of ordinary text; in page 932, and once the stream has
//     shown the code page, it takes two of them.
//   - A run of bytes that is valid as both, such as 系统 in GBK, waits for the next run, at most
//     until the line ends or 1,024 bytes have come. What is sure on its line decides, then what
//     was last sure in the stream, and both may be outweighed by what the two readings look
//     like: how frequent their characters are, and whether they mix scripts in a word.
//   - A line may change its encoding, as a UTF-8 prefix before an error text in GBK does.
//   - UTF-16 without a byte order mark is found by its NULs, which text has nowhere else, line by
//     line. Where the code page is Chinese, and where there is none, a line that opens with
//     several Chinese characters in UTF-16 is found too. It is not, before the first NUL, if its
//     bytes are ASCII (登录 is "{vU_") and no line in UTF-16 came before it: ASCII passes at once.
//   - A byte order mark at the beginning decides for the stream, and is dropped. One of UTF-16 may
//     also begin a later line, where a file was appended.
type Detect struct {
	// CodePage is that of text which is neither UTF-8 nor UTF-16. Auto is the one of [ChildOf]. A
	// log from a Windows machine needs it on other systems. UTF8CP is none. UTF-16 is an error.
	CodePage CodePage
}

// NewDecoder is like the function [NewDecoder] with [Auto].
func (d Detect) NewDecoder(r io.Reader) io.Reader {
	return &convReader{r: r, conversion: d.decoding(nil)}
}

// NewDecodeWriter is like the function [NewDecodeWriter] with [Auto].
func (d Detect) NewDecodeWriter(w io.Writer) io.WriteCloser {
	return &convWriter{w: w, conversion: d.decoding(nil)}
}

// decoding returns the conversion of what cmd writes.
func (d Detect) decoding(cmd *exec.Cmd) *conversion {
	if d.CodePage == Auto {
		d.CodePage = fallback(ChildOf(cmd), ANSI())
	}
	c, err := newDetector(d.CodePage)
	if err != nil {
		return &conversion{err: err}
	}
	return &conversion{converter: &markReader{converter: c, utf16: true}}
}

// A reading is what bytes are taken for.
type reading uint8

const (
	unknown reading = iota
	asUTF8
	asPage
)

// A detector is the converter that tells UTF-8 from a code page, and UTF-16 from both. It looks at
// one run at a time: the bytes between two ASCII characters. All of its state is about bytes that
// have been converted.
type detector struct {
	page   *codepage.Page // nil: there is UTF-8 alone
	number CodePage
	double bool // a page of two bytes a character

	stream reading         // what was last sure
	line   reading         // what was last sure on this line
	run    reading         // of the run whose middle the next byte is in
	score  int             // of the runs on this line whose reading was not sure
	until  int             // the column up to which the next two hold
	next   reading         // what is sure after the runs
	settle reading         // what all of the runs are taken for
	before byte            // the byte before the next one
	column int             // how many bytes of this line come before the next one
	seen   codepage.RunSet // runs that are likelier UTF-8

	begun  bool     // after the stream's first byte
	utf16  CodePage // what this line is in, if that is UTF-16
	narrow bool     // this line is not in UTF-16, though the one before it was
}

func newDetector(cp CodePage) (*detector, error) {
	d := &detector{number: cp}
	if cp == UTF8CP {
		d.stream = asUTF8
		return d, nil
	}
	if _, err := cp.Encoding(); err != nil {
		return nil, err
	}
	page, ok := codepage.PageOf(uint32(cp))
	if !ok {
		return nil, fmt.Errorf("%w: %v is found by itself beside a code page", ErrCodePage, cp)
	}
	d.page, d.double = page, page.Double()
	return d, nil
}

func (d *detector) convert(dst, src []byte, atEOF bool) (out []byte, n int) {
	for n < len(src) {
		if d.utf16 != 0 {
			used := 0
			if dst, used = d.convertWide(dst, src[n:], atEOF); used == 0 && d.utf16 != 0 {
				break
			}
			n += used
			continue
		}
		end, ended := len(src), atEOF
		if nul := bytes.IndexByte(src[n:], 0); nul >= 0 {
			end, ended = n+nul, true
		}
		used := 0
		dst, used = d.convertNarrow(dst, src[n:], end-n, ended, atEOF)
		if n += used; d.utf16 != 0 {
			continue
		}
		if n < end || n == len(src) {
			break
		}
		cp, size := d.atNUL(src[n:], atEOF)
		switch {
		case size == 0:
			return dst, n
		case cp == 0: // text, for want of a better reading
			dst = append(dst, 0)
			d.column++
		}
		d.utf16, d.run, d.begun, d.before = cp, unknown, true, 0
		n += size - 1
	}
	return dst, n
}

// convertNarrow converts src[:end], which has no NUL. If ended is set, no run goes on after it. It
// stops where a line opens in UTF-16.
func (d *detector) convertNarrow(dst, src []byte, end int, ended, atEOF bool) (out []byte, n int) {
	for n < end {
		if d.stream == asPage && src[n] == '\n' {
			dst = append(dst, '\n')
			n++
			d.newLine()
			d.run, d.before = unknown, '\n'
			continue
		}
		if d.run == asPage || d.stream == asPage && src[n] < utf8.RuneSelf {
			out, used, inRun := d.convertLine(dst, src[n:end], ended)
			dst = out
			if n += used; n == end || inRun {
				break
			}
			if src[n] == '\n' {
				continue
			}
		}
		if d.column == 0 && !d.narrow && d.mayOpen(src[n]) {
			cp, size, more := d.opening(src[n:], atEOF)
			if more {
				break
			}
			if d.begun = true; cp != 0 {
				d.utf16 = cp
				return dst, n + size
			}
		}
		if src[n] >= utf8.RuneSelf && d.violates(src[n:end]) {
			d.run, d.line, d.stream = asPage, asPage, asPage
			continue
		}
		same := d.pass(src[n:end])
		dst = append(dst, src[n:n+same]...)
		if n += same; n == end {
			break
		}
		if d.column == 0 && same > 0 {
			continue // a line opens
		}
		size, what := d.judge(src[n:end], ended)
		if size == 0 {
			if what == unknown {
				break
			}
			d.run = asPage
			continue
		}
		if d.run = what; what == asUTF8 {
			dst = append(dst, src[n:n+size]...)
		} else {
			dst = utf8.AppendRune(dst, utf8.RuneError)
		}
		n += size
		d.before = src[n-1]
		d.column += size
	}
	return dst, n
}

// convertLine converts what src has of text in the page, up to a newline or a run that may be
// UTF-8. inRun reports whether it ends in an incomplete code.
func (d *detector) convertLine(dst, src []byte, ended bool) (out []byte, n int, inRun bool) {
	out, n, ascii, sure := d.page.AppendText(dst, src, ended)
	d.column += n
	if ascii > 0 {
		d.before = src[ascii-1]
	}
	if sure {
		d.line, d.stream = asPage, asPage
	}
	if n == ascii && n > 0 {
		d.run = unknown
		return out, n, false
	}
	d.run = asPage
	if n < len(src) {
		if src[n] >= utf8.RuneSelf {
			if _, size := d.page.Char(src[n:], ended); size == 0 {
				return out, n, true
			}
		}
		d.run = unknown
	}
	return out, n, false
}
