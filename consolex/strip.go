package consolex

import (
	"bytes"
	"encoding/binary"
	"io"
	"math/bits"
)

// Strip returns a writer that removes escape sequences (colours, cursor movements, titles) and
// writes the rest to w. It is meant for writing coloured output to a log file. To strip only if the
// output should not contain escape sequences, set [WriterOptions.Strip].
//
// Strip removes the sequences of ECMA-48: CSI up to its final byte, the strings of OSC, DCS, SOS,
// PM and APC up to BEL or ST, and ESC followed by one or more other bytes. They may be split across
// writes in any way. CAN and SUB cancel a sequence and are removed with it. A newline or an invalid
// byte ends a sequence and is kept. Another ESC ends it and starts a new one. Single control
// characters are kept, as are those that some terminals treat as sequences (U+009B): Strip is not a
// filter for hostile text.
//
// If w fails, Write returns the number of bytes of p that w has accepted, including the sequences
// before them, so that the rest can be written later. The writer is not safe for concurrent use.
func Strip(w io.Writer) io.Writer { return &stripper{w: w} }

// A stripper is a writer without escape sequences.
type stripper struct {
	w     io.Writer
	state escapeState
	buf   []byte
}

// An escapeState is a stripper's position in an escape sequence.
type escapeState uint8

const (
	inText     escapeState = iota
	inEscape               // after ESC and intermediate bytes
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

// stripBlock limits the size of the buffer for one write.
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

// Words with the lowest and the highest bit of each byte set.
const ones, tops = 0x0101010101010101, 0x8080808080808080

// copyText copies the text of src to dst, without the CSI sequences in it, up to another ESC. It
// returns the number of bytes written to dst and consumed from src. dst must be eight bytes longer
// than src, all of which may be overwritten. Coloured text has an ESC every few bytes, which is too
// few to be worth calls of bytes.IndexByte and copy. The code avoids slicing to the exact end,
// which is slower because finding each ESC would depend on the previous one.
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

// sequence returns the length of the CSI sequence at p[at], or 0 if it is incomplete.
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

// rewind returns to the state after taken bytes of p's text were written, and returns the
// corresponding number of bytes of p.
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

// next returns the state after a byte. isText reports whether the byte is outside a sequence or
// cuts one off.
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
