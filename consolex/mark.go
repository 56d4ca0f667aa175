package consolex

import (
	"strings"
	"unicode/utf8"
)

// A markReader drops a byte order mark and switches to the converter that it selects.
type markReader struct {
	converter
	utf16   bool // also obey UTF-16 marks
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

// start returns the length of the byte order mark at the start of src. ok is false if more bytes
// are needed.
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
