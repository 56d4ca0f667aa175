package consolex

import (
	"bytes"
	"cmp"
	"unicode/utf8"

	"github.com/surefoot-go/surefoot/internal/codepage"
)

const (
	// mostHeld is the maximum number of bytes held back until their encoding is known.
	mostHeld = 1 << 10
	// sure is the amount by which the page's reading of a run must cost more than UTF-8's for the
	// run to be UTF-8, whatever else the stream contains.
	sure = 14
	// byLine and byStream are the bonus of a reading that is certain elsewhere on the line, or was
	// the last certain one in the stream.
	byLine, byStream = 8, 6
	// clear is the amount by which a reading must be likelier for a run not to wait for the end of
	// its line.
	clear = 10
)

// violates reports whether src starts with bytes that are not UTF-8 but text in the page. It is a
// fast path that settles most such text before judge. Once the stream is in page 936, a frequent
// character of that page that would be rare in UTF-8 is enough.
func (d *detector) violates(src []byte) bool {
	if d.page == nil || len(src) < 2 {
		return false
	}
	if d.page.Violates(src) {
		return true
	}
	return d.stream == asPage && d.line != asUTF8 && (d.number == GBK || d.number == GB18030) &&
		src[0] >= 0xC2 && src[0] < 0xE0 && src[1] >= 0x80 && src[1] < 0xC0 && tables().obvious[int(src[0])&0x3F<<6|int(src[1])&0x3F]
}

// judge returns the reading of the run at the start of src and its length. The length is 0 for a
// run in the page, since its end isn't known. Length 0 with reading unknown asks for more bytes.
func (d *detector) judge(src []byte, atEOF bool) (end int, what reading) {
	joined := d.run == asUTF8
	r := d.scan(src, d.before, joined, atEOF)
	if r.score > 0 && r.end < len(src) && !joined && d.before < utf8.RuneSelf {
		d.seen.Add(src[:r.end+1], d.before)
	}
	switch {
	case r.more:
		return 0, unknown
	case r.found != unknown:
		d.line, d.stream = r.found, r.found
		return r.reading()
	case r.end == 0: // meaningless in either reading
		return d.meaningless(src, joined), unknown
	case d.column < d.until && d.settle != unknown:
		return scanned{found: d.settle, end: r.end}.reading()
	}
	first := r
	if joined {
		first.score += byLine
	}
	switch {
	case d.column < d.until:
		return d.decided(first, d.next)
	case d.knowsUTF8() && first.score > 0:
		d.line = asUTF8
		return first.end, asUTF8
	case d.line != asUTF8 && d.stream == asPage && first.score <= -clear:
		return d.decided(first, unknown)
	}
	total, at := d.score, 0 // at is the start of the run r
	for {
		total += r.score
		gap := src[at+r.end:]
		ascii := codepage.ASCIIPrefix(gap)
		last := at + r.end
		at = last + ascii
		switch {
		case bytes.IndexByte(gap[:ascii], '\n') >= 0, at >= mostHeld, r.end == 0, at == len(src) && atEOF:
			return d.decideAll(total, last)
		case at == len(src):
			return 0, unknown
		}
		r = d.scan(src[at:], src[at-1], false, atEOF)
		switch {
		case r.more:
			return 0, unknown
		case r.found != unknown:
			d.next, d.settle, d.until = r.found, unknown, d.column+at
			return d.decided(first, r.found)
		}
	}
}

// decideAll returns the reading of the runs on a line without a certain one, and their length
// including the ASCII between them.
func (d *detector) decideAll(total, last int) (end int, what reading) {
	d.score = total
	switch {
	case total >= 2*sure:
		d.stream = asUTF8
	case total <= -2*sure:
		d.stream = asPage
	}
	end, what = d.decided(scanned{end: last, score: total}, unknown)
	d.next, d.settle, d.until = unknown, what, d.column+last
	return end, what
}

// meaningless returns the length of the meaningless bytes at the start of src.
func (d *detector) meaningless(src []byte, joined bool) int {
	if d.page == nil || joined {
		return 1
	}
	_, size := d.page.Char(src, true)
	return size
}

// decided returns the reading of a run, given how much cheaper UTF-8's reading is and the certain
// reading after the run.
func (d *detector) decided(r scanned, after reading) (end int, what reading) {
	score := r.score
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
	if r.found = asPage; score > 0 {
		r.found = asUTF8
	}
	return r.reading()
}

// A scanned is the result of scan.
type scanned struct {
	found reading // the certain reading, if any
	end   int     // how far it goes
	score int     // how much more the page's reading costs
	more  bool    // the end is incomplete
}

// reading returns the results of judge.
func (r scanned) reading() (end int, what reading) {
	if r.found == asPage {
		return 0, asPage
	}
	return r.end, r.found
}

// scan examines the run at the start of src, up to the first ASCII byte. joined is set if UTF-8
// precedes the run without an ASCII byte between them.
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
		if n >= check && n < len(src) && src[n] >= utf8.RuneSelf && d.page != nil {
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
	s = scanned{end: n, score: weight - d.read(src[:n], before, after)}
	if s.score >= sure {
		s.found = asUTF8
	}
	return s
}

// isProof reports whether a character is one that never occurred by accident in text of a
// double-byte page.
func (d *detector) isProof(char rune, size int) bool {
	if size < 3 {
		return false
	}
	b := blockOf(char)
	return b.cost <= 8 && (b.last != 0xD7A3 || d.number == EUCKR)
}

// violation returns the result of scan if src[n:] is not UTF-8.
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
