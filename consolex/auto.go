package consolex

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"github.com/surefoot-go/surefoot/internal/codepage"
)

// auto is the converter that decides line by line.
type auto struct {
	other converter // for lines that are not UTF-8
	line  lineKind
}

// A lineKind is what the present line is in.
type lineKind uint8

const (
	undecided lineKind = iota // ASCII so far
	inUTF8
	inOther
)

// enough is how many valid bytes make a line UTF-8. Text of another code page is
// valid by chance at times, but each further character makes that less likely.
const enough = 32

// judge decides on a line by what follows its ASCII. It returns undecided if that
// does not suffice. An incomplete end proves nothing.
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
				return inOther
			case atEOF:
				return inUTF8
			}
			return undecided
		}
		n += size
	}
	return inUTF8
}

func (a *auto) span(src []byte, atEOF bool) (n int) {
	for n < len(src) {
		rest := src[n:]
		switch a.line {
		case undecided:
			valid := rest[:codepage.ValidPrefix(rest)]
			lines := bytes.LastIndexByte(valid, '\n') + 1 // all of them UTF-8
			n += lines + codepage.ASCIIPrefix(valid[lines:])
			if n == len(src) {
				return n
			}
			if a.line = judge(src[n:], atEOF); a.line == undecided {
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
				a.line = undecided
			}
		case inOther:
			return n
		}
	}
	return n
}

func (a *auto) convert(dst, src []byte, atEOF bool) (out []byte, n int) {
	for n < len(src) {
		same := a.span(src[n:], atEOF)
		dst = append(dst, src[n:n+same]...)
		if n += same; n == len(src) {
			break
		}
		switch a.line {
		case undecided:
			return dst, n
		case inUTF8:
			if !atEOF && !utf8.FullRune(src[n:]) {
				return dst, n
			}
			dst = utf8.AppendRune(dst, utf8.RuneError)
			n++
		case inOther:
			line, ended := lineOf(src[n:])
			converted, used := a.other.convert(dst, line, ended || atEOF)
			dst = converted
			n += used
			if used < len(line) {
				return dst, n
			}
			if ended {
				a.line = undecided
			}
		}
	}
	return dst, n
}

// lineOf returns what src has of its first line.
func lineOf(src []byte) (line []byte, ended bool) {
	if end := bytes.IndexByte(src, '\n'); end >= 0 {
		return src[:end+1], true
	}
	return src, false
}

// A markReader drops a byte order mark and takes the converter that it calls for.
type markReader struct {
	converter
	utf16   bool // heed its marks as well
	started bool
}

func (m *markReader) span(src []byte, atEOF bool) int {
	if !m.started && (len(src) == 0 || src[0] >= utf8.RuneSelf) {
		return 0
	}
	m.started = true
	return m.converter.span(src, atEOF)
}

func (m *markReader) convert(dst, src []byte, atEOF bool) ([]byte, int) {
	n := 0
	if !m.started && len(src) > 0 {
		if n, m.started = m.start(src, atEOF); !m.started {
			return dst, 0
		}
	}
	dst, used := m.converter.convert(dst, src[n:], atEOF)
	return dst, n + used
}

// start returns the length of the byte order mark that src starts with, unless it
// takes more bytes to know.
func (m *markReader) start(src []byte, atEOF bool) (n int, ok bool) {
	for _, known := range [...]struct {
		mark string
		cp   CodePage
	}{{"\xEF\xBB\xBF", UTF8CP}, {"\xFF\xFE", UTF16LE}, {"\xFE\xFF", utf16BE}} {
		if isUTF16(known.cp) && !m.utf16 {
			continue
		}
		switch have := string(src[:min(len(src), len(known.mark))]); {
		case have == known.mark:
			m.converter, _ = newDecoder(known.cp) // there always is one
			return len(have), true
		case !atEOF && strings.HasPrefix(known.mark, have):
			return 0, false
		}
	}
	return 0, true
}
