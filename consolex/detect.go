package consolex

import (
	"bytes"
	"cmp"
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

const (
	// mostHeld is how many bytes wait at most for what tells their encoding.
	mostHeld = 1 << 10
	// sure is by how much the page's reading of a run must cost more than UTF-8's, for the run
	// to be UTF-8 whatever else the stream holds.
	sure = 14
	// byLine and byStream are how much a reading gains that is sure elsewhere on the line, or
	// was last sure in the stream.
	byLine, byStream = 8, 6
	// clear is by how much a reading has to be likelier for a run not to wait for its line's end.
	clear = 10
)

// A detector is the converter that tells UTF-8 from a code page, and UTF-16 from both. It looks at
// one run at a time: the bytes between two ASCII characters. All of its state is about bytes that
// have been converted.
type detector struct {
	page   *codepage.Page // nil: there is UTF-8 alone
	number CodePage
	double bool // a page of two bytes a character

	stream reading // what was last sure
	line   reading // what was last sure on this line
	run    reading // of the run whose middle the next byte is in
	score  int     // of the runs on this line whose reading was not sure
	before byte    // the byte before the next one
	column int     // how many bytes of this line come before the next one

	begun  bool     // after the stream's first byte
	utf16  CodePage // what this line is in, if that is UTF-16
	narrow bool     // this line is not in UTF-16, though the one before it was
}

func newDetector(cp CodePage) (*detector, error) {
	d := &detector{number: cp}
	if cp == UTF8CP {
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

// span returns how many bytes src starts with that are ASCII, or sure to be UTF-8.
func (d *detector) span(src []byte, _ bool) (n int) {
	if d.utf16 != 0 || !d.begun && len(src) > 0 && d.mayOpen(src[0]) {
		return 0
	}
	if nul := bytes.IndexByte(src, 0); nul >= 0 {
		src = src[:nul]
	}
	return d.pass(src)
}

// pass is span where src has no NUL.
func (d *detector) pass(src []byte) (n int) {
	if d.run == asPage {
		return 0
	}
	for n < len(src) {
		ascii := codepage.ASCIIPrefix(src[n:])
		if ascii > 0 {
			d.run = unknown
			d.took(src[n : n+ascii])
			n += ascii
		}
		high := d.sureRun(src[n:])
		if high > 0 {
			d.run, d.line, d.stream = asUTF8, asUTF8, asUTF8
			d.column += high
			n += high
		}
		if ascii+high == 0 {
			break
		}
	}
	if n > 0 {
		d.begun, d.before = true, src[n-1]
	}
	return n
}

// took counts ASCII that has been converted.
func (d *detector) took(ascii []byte) {
	if end := bytes.LastIndexByte(ascii, '\n'); end >= 0 {
		d.line, d.score, d.column, d.narrow = unknown, 0, len(ascii)-end-1, false
		return
	}
	d.column += len(ascii)
}

// sureRun returns how many bytes src starts with that are characters which are proof of UTF-8.
func (d *detector) sureRun(src []byte) (n int) {
	switch {
	case d.page == nil:
		for n < len(src) && src[n] >= utf8.RuneSelf {
			_, size := utf8.DecodeRune(src[n:])
			if size == 1 {
				break
			}
			n += size
		}
		return n
	case d.double && (d.stream != asPage && d.number != ShiftJIS || d.run == asUTF8):
		return codepage.EastAsianPrefix(src, d.number == EUCKR)
	}
	return 0
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

// convertNarrow converts src[:end], which has no NUL and is all of a run if ended is set. It stops where
// a line opens in UTF-16.
func (d *detector) convertNarrow(dst, src []byte, end int, ended, atEOF bool) (out []byte, n int) {
	for n < end {
		if d.run == asPage {
			used := 0
			dst, used = d.page.AppendRun(dst, src[n:end], ended)
			n += used
			d.column += used
			if n == end {
				break
			}
			if src[n] >= utf8.RuneSelf {
				if _, size := d.page.Char(src[n:end], ended); size == 0 {
					break
				}
			}
			d.run = unknown
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
		if what == asUTF8 {
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

// judge returns the reading of the run that src starts with, and its length. A page's run that is
// sure has a length of 0, since its end isn't known. A length of 0 of unknown asks for more bytes.
func (d *detector) judge(src []byte, atEOF bool) (end int, what reading) {
	total, first, firstEnd := d.score, 0, 0 // costs of the page's reading above UTF-8's
	for start := 0; start < len(src); {
		before := d.before
		if start > 0 {
			before = src[start-1]
		}
		joined := start == 0 && d.run == asUTF8
		r := d.scan(src[start:], before, joined, atEOF)
		switch r.found {
		case unknown:
			if r.more { // incomplete
				return 0, unknown
			}
		case asPage, asUTF8:
			if start > 0 {
				return d.decided(firstEnd, first, r.found)
			}
			d.line, d.stream = r.found, r.found
			if r.found == asPage {
				return 0, asPage
			}
			return r.end, asUTF8
		}
		if start == 0 {
			if r.end == 0 { // of no meaning in either reading
				return d.meaningless(src, joined), unknown
			}
			first, firstEnd = r.score, r.end
			if joined {
				first += byLine
			}
			if d.line != asPage && d.stream == asUTF8 && first > 0 || d.line != asUTF8 && d.stream == asPage && first <= -clear {
				return d.decided(firstEnd, first, unknown)
			}
		}
		total += r.score
		at := start + r.end
		gap := src[at:]
		ascii := codepage.ASCIIPrefix(gap)
		newline := bytes.IndexByte(gap[:ascii], '\n')
		switch {
		case newline >= 0, at+ascii >= mostHeld, r.end == 0:
			d.score += first
			return d.decided(firstEnd, total, unknown)
		case at+ascii == len(src):
			if !atEOF {
				return 0, unknown
			}
			d.score += first
			return d.decided(firstEnd, total, unknown)
		}
		start = at + ascii
	}
	return 0, unknown
}

// meaningless returns the length of what src starts with that has no meaning.
func (d *detector) meaningless(src []byte, joined bool) int {
	if d.page == nil || joined {
		return 1
	}
	_, size := d.page.Char(src, true)
	return size
}

// decided returns the reading of a run of that length by how much UTF-8's is cheaper, and by what
// is sure after it.
func (d *detector) decided(end, score int, after reading) (int, reading) {
	known, weight := cmp.Or(after, d.line), byLine
	if known == unknown {
		known, weight = d.stream, byStream
	}
	switch known {
	case asUTF8:
		score += weight
	case asPage:
		score -= weight
	}
	if score > 0 {
		return end, asUTF8
	}
	return 0, asPage
}

// A scanned is what scan has found.
type scanned struct {
	found reading // that is sure
	end   int     // how far it goes
	score int     // by how much the page's reading costs more
	more  bool    // the end is incomplete
}

// scan looks at the run that src starts with, up to the first ASCII byte. joined is set where UTF-8
// precedes it without an ASCII byte between them.
func (d *detector) scan(src []byte, before byte, joined, atEOF bool) (s scanned) {
	n, proofs, check := 0, 0, 4
	for n < len(src) && src[n] >= utf8.RuneSelf && n < mostHeld {
		char, size := utf8.DecodeRune(src[n:])
		if size == 1 {
			return d.violation(src, n, joined, atEOF)
		}
		n += size
		if d.double && d.isProof(char, size) {
			if proofs++; proofs > 1 || d.stream != asPage && d.number != ShiftJIS || char < 0x3100 && char > 0x3040 {
				return scanned{found: asUTF8, end: n}
			}
		}
		if n >= check && d.page != nil {
			if check *= 2; d.weigh(src[:n], before, false)-d.read(src[:n], before, '\n') >= sure {
				return scanned{found: asUTF8, end: n}
			}
		}
	}
	after, page := byte('\n'), src[:n]
	switch {
	case n < len(src):
		after, page = src[n], src[:n+1]
	case !atEOF:
		return scanned{more: true}
	}
	weight := impossible
	if d.page != nil {
		weight = d.weigh(page, before, true)
	}
	return scanned{end: n, score: weight - d.read(src[:n], before, after)}
}

// isProof reports whether a character is one that text of a double-byte page has never been seen
// to hold by accident.
func (d *detector) isProof(char rune, size int) bool {
	if size < 3 {
		return false
	}
	b := blockOf(char)
	return b.cost <= 8 && (b.last != 0xD7A3 || d.number == EUCKR)
}

// violation returns what scan finds where src[n:] is not UTF-8.
func (d *detector) violation(src []byte, n int, joined, atEOF bool) scanned {
	whole := utf8.FullRune(src[n:])
	switch {
	case !whole && !atEOF:
		return scanned{more: true}
	case d.page == nil, !whole && joined && n == 0:
		return scanned{end: n, score: impossible}
	}
	for at := 0; at <= n; {
		char, size := d.page.Char(src[at:], atEOF)
		switch {
		case size == 0:
			return scanned{more: true}
		case char == utf8.RuneError:
			return scanned{end: n, score: impossible}
		}
		at += size
	}
	return scanned{found: asPage}
}
