package consolex

import (
	"bytes"
	"fmt"
	"io"
	"os/exec"
	"unicode/utf8"

	"github.com/surefoot-go/surefoot/internal/codepage"
)

// Detect decodes the output of programs that mix encodings: UTF-8, UTF-16 and one code page in one
// stream. The zero value works like [Auto]. Decisions depend only on the bytes seen so far, never
// on chunks or timing, so that the same bytes always give the same text.
//
//   - ASCII passes at once.
//   - Bytes that are not valid UTF-8 are in the code page.
//   - Bytes that prove UTF-8 pass at once. In a double-byte page this is a valid sequence of three
//     or four bytes that encodes a character of ordinary text; in page 932, and once the stream has
//     shown the code page, two of them are needed.
//   - A run of bytes that is valid in both, such as 系统 in GBK, waits for the next run, but no
//     longer than until the line ends or 1,024 bytes have been read. It is decided by certain text
//     on its line, then by the last certain text in the stream. Both may be outweighed by how
//     plausible the two readings look: how frequent their characters are, and whether they mix
//     scripts in a word.
//   - The encoding may change within a line, as with a UTF-8 prefix before an error text in GBK.
//   - UTF-16 without a byte order mark is detected line by line from its NULs, which other text
//     does not contain. If the code page is Chinese, or there is none, a line that begins with
//     several Chinese characters in UTF-16 is also detected. Before the first NUL, such a line is
//     not detected if its bytes are ASCII (登录 is "{vU_") and no earlier line was UTF-16, because
//     ASCII passes at once.
//   - A byte order mark at the beginning determines the encoding of the stream and is dropped. A
//     UTF-16 mark may also begin a later line, where a file was appended.
type Detect struct {
	// CodePage is used for text that is neither UTF-8 nor UTF-16. Auto means the code page of
	// [ChildOf]. On other systems, set it to decode a log from a Windows machine. UTF8CP means no
	// code page. UTF-16 is an error.
	CodePage CodePage
}

// NewDecoder is like the function [NewDecoder] with [Auto], but uses d's code page.
func (d Detect) NewDecoder(r io.Reader) io.Reader {
	return &convReader{r: r, conversion: d.decoding(nil)}
}

// NewDecodeWriter is like the function [NewDecodeWriter] with [Auto], but uses d's code page.
func (d Detect) NewDecodeWriter(w io.Writer) io.WriteCloser {
	return &convWriter{w: w, conversion: d.decoding(nil)}
}

// decoding returns the conversion for cmd's output.
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

// A reading is an interpretation of bytes.
type reading uint8

const (
	unknown reading = iota
	asUTF8
	asPage
)

// A detector is the converter that distinguishes UTF-8, a code page and UTF-16. It looks at one run
// at a time: the bytes between two ASCII characters. All of its state is about bytes that have
// already been converted.
type detector struct {
	page   *codepage.Page // nil: only UTF-8
	number CodePage
	double bool // a page of two bytes a character

	stream reading         // the last certain one
	line   reading         // the last certain one on this line
	run    reading         // of the run whose middle the next byte is in
	score  int             // of the uncertain runs on this line
	until  int             // the column up to which the next two hold
	next   reading         // the certain reading after the runs
	settle reading         // the reading chosen for all of the runs
	before byte            // the byte before the next one
	column int             // the number of bytes of this line before the next one
	seen   codepage.RunSet // runs that are likelier UTF-8

	begun  bool     // after the stream's first byte
	utf16  CodePage // the encoding of this line, if it is UTF-16
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
		case cp == 0: // text, in the absence of a better reading
			dst = append(dst, 0)
			d.column++
		}
		d.utf16, d.run, d.begun, d.before = cp, unknown, true, 0
		n += size - 1
	}
	return dst, n
}

// convertNarrow converts src[:end], which contains no NUL. If ended is set, no run continues after
// it. It stops at a line that begins in UTF-16.
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

// convertLine converts text in the page, up to a newline or a run that may be UTF-8. inRun reports
// whether it ends in an incomplete code.
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
