package consolex

import (
	"bytes"
	"cmp"
	"unicode/utf8"

	"github.com/surefoot-go/surefoot/internal/codepage"
)

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

// A detector is the converter that tells UTF-8 from a code page. It looks at one run at a time: the
// bytes between two ASCII characters. All of its state is about bytes that have been converted.
type detector struct {
	page   *codepage.Page // nil: there is UTF-8 alone
	number CodePage
	double bool // a page of two bytes a character

	stream reading // what was last sure
	line   reading // what was last sure on this line
	run    reading // of the run whose middle the next byte is in
	before byte    // the byte before the next one
	score  int     // of the runs on this line whose reading was not sure
}

func newDetector(cp CodePage) (*detector, error) {
	d := &detector{number: cp}
	if cp == UTF8CP {
		return d, nil
	}
	if _, err := cp.Encoding(); err != nil {
		return nil, err
	}
	d.page, _ = codepage.PageOf(uint32(cp))
	d.double = d.page != nil && d.page.Double()
	return d, nil
}

// span returns how many bytes src starts with that are ASCII, or sure to be UTF-8.
func (d *detector) span(src []byte, _ bool) (n int) {
	if d.run == asPage {
		return 0
	}
	for n < len(src) {
		ascii := codepage.ASCIIPrefix(src[n:])
		if ascii > 0 {
			n += ascii
			d.run = unknown
		}
		high := d.sureRun(src[n:])
		n += high
		if high > 0 {
			d.run = asUTF8
		}
		if ascii+high == 0 {
			break
		}
	}
	d.note(src[:n])
	return n
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

// note takes text that is sure for what it shows.
func (d *detector) note(p []byte) {
	if len(p) == 0 {
		return
	}
	d.before = p[len(p)-1]
	rest := p
	if end := bytes.LastIndexByte(p, '\n'); end >= 0 {
		rest = p[end+1:]
		d.line, d.score = unknown, 0
	}
	if codepage.ASCIIPrefix(rest) < len(rest) {
		d.line, d.stream = asUTF8, asUTF8
	} else if d.stream != asUTF8 && codepage.ASCIIPrefix(p) < len(p) {
		d.stream = asUTF8
	}
}

func (d *detector) convert(dst, src []byte, atEOF bool) (out []byte, n int) {
	for n < len(src) {
		if d.run == asPage {
			used := 0
			dst, used = d.page.AppendRun(dst, src[n:], atEOF)
			n += used
			if n == len(src) {
				break
			}
			if src[n] < utf8.RuneSelf {
				d.run = unknown
				continue
			}
			_, size := d.page.Char(src[n:], atEOF)
			if size == 0 {
				break
			}
			d.run = unknown
		}
		same := d.span(src[n:], atEOF)
		dst = append(dst, src[n:n+same]...)
		if n += same; n == len(src) {
			break
		}
		end, what := d.judge(src[n:], atEOF)
		if end == 0 {
			if what == unknown {
				break
			}
			d.run = asPage
			continue
		}
		run := src[n : n+end]
		switch what {
		case asUTF8:
			dst = append(dst, run...)
		default:
			dst = utf8.AppendRune(dst, utf8.RuneError)
		}
		d.before = run[len(run)-1]
		n += end
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
