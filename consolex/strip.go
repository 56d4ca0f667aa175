package consolex

import (
	"bytes"
	"encoding/binary"
	"io"
	"math/bits"
)

// Strip returns a writer that leaves out escape sequences (colours, cursor movements, titles) and
// writes the rest to w. It is meant for writing coloured output to a log file. To strip only where
// escape sequences are not wanted, set [WriterOptions.Strip].
//
// Sequences are those of ECMA-48: CSI up to its final byte, the strings of OSC, DCS, SOS, PM and
// APC up to BEL or ST, and ESC with one or more other bytes. They may be split over writes in any
// way. CAN and SUB cancel a sequence, and go with it. A newline, another ESC or a byte that it
// can't have ends it, and stays. Single controls stay, and so do those that some terminals take for
// sequences (U+009B): it is not a filter for hostile text.
//
// If w fails, Write returns how many bytes of p w has taken with the sequences before them, so that
// the rest can be written later. The writer must not be used by several goroutines at once.
func Strip(w io.Writer) io.Writer { return &stripper{w: w} }

// A stripper is a writer without escape sequences.
type stripper struct {
	w     io.Writer
	state escapeState
	buf   []byte
}

// An escapeState is where in an escape sequence a stripper is.
type escapeState uint8

const (
	inText     escapeState = iota
	inEscape               // after ESC, and intermediate bytes
	inCSI                  // after ESC [
	inString               // after ESC ], ESC P, ESC X, ESC ^ or ESC _
	inStringST             // after ESC in a string: the string terminator, or another sequence
)

const (
	bel = 0x07
	can = 0x18
	sub = 0x1A
	esc = 0x1B
)

func (s *stripper) Write(p []byte) (n int, err error) {
	if len(p) <= stripBlock {
		return s.write(p)
	}
	for len(p)-n > stripBlock {
		m, err := s.write(p[n : n+stripBlock])
		if n += m; err != nil {
			return n, err
		}
	}
	m, err := s.write(p[n:])
	return n + m, err
}

// stripBlock limits the buffer of what is written at a time.
const stripBlock = 64 << 10

func (s *stripper) write(p []byte) (int, error) {
	if s.state == inText && (len(p) == 0 || p[0] != esc && bytes.IndexByte(p, esc) < 0) {
		return writeFull(s.w, p)
	}
	before := s.state
	if cap(s.buf) < len(p)+8 {
		s.buf = make([]byte, len(p)+8)
	}
	text := s.buf[:cap(s.buf)]
	n := 0
	for rest := p; len(rest) > 0; {
		if s.state == inText {
			copied, size := copyText(text[n:], rest)
			n += copied
			if rest = rest[size:]; len(rest) == 0 {
				break
			}
		}
		var isText bool
		if s.state, isText = s.state.next(rest[0]); isText {
			text[n] = rest[0]
			n++
		}
		rest = rest[1:]
	}
	s.buf = text[:n]
	if len(s.buf) == 0 {
		return len(p), nil
	}
	if n, err := writeFull(s.w, s.buf); err != nil {
		return s.rewind(before, p, n), err
	}
	return len(p), nil
}

// A word with the lowest and with the highest bit of each byte.
const ones, tops = 0x0101010101010101, 0x8080808080808080

// copyText copies the text of src to dst, without the CSI sequences in it, up to another ESC. It
// returns how much text that is, and of how many bytes. dst has eight bytes more than src, all of
// which may be overwritten. Coloured text has an ESC every few bytes, too few for a call of
// bytes.IndexByte and one of copy. Nothing is sliced up to its end, since that takes longer: the
// position of each ESC waits for that of the one before.
func copyText(dst, src []byte) (n, i int) {
	src = src[:len(src):len(src)]
	for {
		switch {
		case i+8 <= len(src):
			word := binary.LittleEndian.Uint64(src[i : i+8 : i+8])
			binary.LittleEndian.PutUint64(dst[n:n+8:n+8], word)
			word ^= esc * ones
			found := (word - ones) &^ word & tops
			if found == 0 {
				i, n = i+8, n+8
				continue
			}
			skip := bits.TrailingZeros64(found) >> 3
			i, n = i+skip, n+skip
		case i == len(src):
			return n, i
		case src[i] != esc:
			dst[n] = src[i]
			i, n = i+1, n+1
			continue
		}
		length := sequence(src, i)
		if length == 0 {
			return n, i
		}
		i += length
	}
}

// sequence returns the length of the CSI sequence at p[at], 0 if it is not a whole one.
func sequence(p []byte, at int) int {
	for n := 2; at+n < len(p); n++ {
		if c := p[at+n]; c-0x20 >= 0x20 { // neither parameters nor intermediate bytes
			if c-0x40 > 0x7E-0x40 || p[at+1] != '[' {
				break
			}
			return n + 1
		}
	}
	return 0
}

// rewind goes back to where taken bytes of p's text have been written, and returns how many bytes
// of p that is.
func (s *stripper) rewind(before escapeState, p []byte, taken int) (n int) {
	s.state = before
	for ; taken > 0; n++ {
		var isText bool
		if s.state, isText = s.state.next(p[n]); isText {
			taken--
		}
	}
	return n
}

// next returns the state after a byte. isText reports whether the byte does not belong to a
// sequence, or cuts it off.
func (s escapeState) next(c byte) (after escapeState, isText bool) {
	switch {
	case s == inText:
		if c == esc {
			return inEscape, false
		}
		return inText, true
	case c == can, c == sub:
		return inText, false
	case c == '\n':
		return inText, true
	case c < 0x20 && c != esc && s != inString:
		return inText, true
	case s == inString:
		switch c {
		case bel:
			return inText, false
		case esc:
			return inStringST, false
		}
		return inString, false
	case c == esc:
		return inEscape, false
	case s == inStringST && c == '\\':
		return inText, false
	case s == inCSI:
		if c < 0x40 {
			return inCSI, false
		}
		return inText, c >= 0x80
	}
	switch { // the byte after ESC, or after its intermediate bytes
	case c == '[':
		return inCSI, false
	case c == ']', c == 'P', c == 'X', c == '^', c == '_':
		return inString, false
	case c >= 0x20 && c <= 0x2F:
		return inEscape, false
	}
	return inText, c >= 0x80
}
