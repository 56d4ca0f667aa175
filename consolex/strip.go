package consolex

import (
	"bytes"
	"io"
)

// Strip returns a writer that leaves out escape sequences (colours, cursor
// movements, titles) and writes the rest to w: for a log file that a coloured
// output is to go to. [WriterOptions.Strip] does so where no terminal is.
//
// Sequences are those of ECMA-48: CSI up to its final byte, the strings of OSC, DCS,
// SOS, PM and APC up to BEL or ST, other ones of ESC and one or more bytes. They may
// be split over writes in any way; one that is cut off by a newline, by another ESC
// or by a byte that it can't have ends there. Single controls stay, also those that
// some terminals take for sequences (U+009B): it is no filter for hostile text. The
// writer must not be used by several goroutines at once.
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
	esc = 0x1B
	bel = 0x07
)

func (s *stripper) Write(p []byte) (int, error) {
	if s.state == inText && bytes.IndexByte(p, esc) < 0 {
		return s.w.Write(p)
	}
	s.buf = s.buf[:0]
	for rest := p; len(rest) > 0; {
		if s.state == inText {
			text := bytes.IndexByte(rest, esc)
			if text < 0 {
				text = len(rest)
			}
			s.buf = append(s.buf, rest[:text]...)
			rest = rest[text:]
			rest = rest[wholeCSI(rest):]
			if len(rest) == 0 {
				break
			}
		}
		var isText bool
		if s.state, isText = s.state.next(rest[0]); isText {
			s.buf = append(s.buf, rest[0])
		}
		rest = rest[1:]
	}
	if len(s.buf) == 0 {
		return len(p), nil
	}
	if _, err := writeFull(s.w, s.buf); err != nil {
		return 0, err
	}
	return len(p), nil
}

// wholeCSI returns the length of the CSI sequence that p starts with, 0 if there is
// none or not all of it.
func wholeCSI(p []byte) int {
	if len(p) < 3 || p[0] != esc || p[1] != '[' {
		return 0
	}
	for i, c := range p[2:] {
		if c >= 0x40 && c <= 0x7E {
			return i + 3
		}
		if c < 0x20 || c >= 0x40 {
			return 0
		}
	}
	return 0
}

// next returns the state after a byte. isText says that it belongs to no sequence,
// be it because that was cut off.
func (s escapeState) next(c byte) (after escapeState, isText bool) {
	switch {
	case s == inText:
		if c == esc {
			return inEscape, false
		}
		return inText, true
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
