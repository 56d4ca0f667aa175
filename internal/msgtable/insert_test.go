package msgtable

import (
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
)

func TestAppendInsert(t *testing.T) {
	tests := []struct {
		name, in, want string
		limit, left    int
	}{
		{"ASCII", "disk is full\t~", "disk is full\t~", 100, 0},
		{"empty", "", "", 100, 0},
		{"Chinese and an emoji", "磁盘已满 💾", "磁盘已满 💾", 100, 0},
		{"NUL", "a\x00b", "a␀b", 100, 0},
		{"broken UTF-8", "a\xffb\xe4\xb8", "a\uFFFDb\uFFFD\uFFFD", 100, 0},
		{"a lone surrogate in UTF-8", "a\xed\xa0\x80b", "a\uFFFD\uFFFD\uFFFDb", 100, 0},
		{"controls that XML forbids", "\x01\x0b\x1b[31m\x7f", "\uFFFD\uFFFD\uFFFD[31m\x7f", 100, 0},
		{"noncharacters that XML forbids", "\uFFFE\uFFFF\uFFFD", "\uFFFD\uFFFD\uFFFD", 100, 0},
		{"line ends", "a\nb\r\nc\rd\n\n", "a\r\nb\r\nc\r\nd\r\n\r\n", 100, 0},
		{"a zone in an IPv6 address", "fe80::1%12", "fe80::1%\u200B12", 100, 0},
		{"a parameter message", "%%5001", "%\u200B%\u200B5001", 100, 0},
		{"a GUID insert", "%{x}", "%\u200B{x}", 100, 0},
		{"percent signs that are none", "100% of %s %", "100% of %s %", 100, 0},
		{"exactly the limit", "0123456789", "0123456789", 10, 0},
		{"one over the limit", "0123456789a", "0123…[+7]", 10, 7},
		{"cut before a surrogate pair", "01💾💾💾💾", "01…[+4]", 9, 4},
		{"cut before a line end", "012\n\n\n\n\n\n\n", "012…[+7]", 9, 7},
		{"no room for the mark", "0123456789", "…[+", 3, 10},
		{"no room at all", "0123456789", "", 0, 10},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, left := AppendInsert([]uint16{'>'}, []byte(tt.in), tt.limit)
			assert.Equal(t, ">"+tt.want, string(utf16.Decode(got)))
			assert.Equal(t, tt.left, left)
			assert.LessOrEqual(t, len(got)-1, tt.limit)
		})
	}
}

func FuzzAppendInsert(f *testing.F) {
	f.Add("plain text", uint16(100))
	f.Add("an insertion code %1 and %%2 and %{x}", uint16(30))
	f.Add("a lone surrogate \xed\xa0\x80, bad UTF-8 \xff, NUL \x00", uint16(40))
	f.Add("over the limit 💾💾💾💾💾💾💾💾💾💾💾💾", uint16(20))
	f.Add("lines\n\r\r\n%\n1", uint16(12))
	f.Fuzz(func(t *testing.T, s string, limit uint16) {
		got, left := AppendInsert(nil, []byte(s), int(limit))
		text := checkInsert(t, got, int(limit))
		if left == 0 {
			assert.Equal(t, want(s), text, "a text that fits is all there")
			return
		}
		if int(limit) >= 24 {
			body, mark, ok := strings.Cut(text, "…[+")
			if strings.Count(s, "…[+") == 0 {
				assert.True(t, ok && strings.HasSuffix(mark, "]"), "%q has no mark", text)
				assert.True(t, strings.HasPrefix(want(s), body), "%q does not begin %q", body, want(s))
			}
		}
	})
}

// checkInsert checks what must be true of every insertion string.
func checkInsert(t *testing.T, units []uint16, limit int) string {
	t.Helper()
	assert.LessOrEqual(t, len(units), limit)
	for i := 0; i < len(units); i++ {
		switch u := units[i]; {
		case utf16.IsSurrogate(rune(u)):
			if i+1 == len(units) || utf16.DecodeRune(rune(u), rune(units[i+1])) == utf8.RuneError {
				t.Fatalf("lone surrogate %#x at %d of %#x", u, i, units)
			}
			i++
		case u < ' ' && u != '\t' && u != '\r' && u != '\n' || u >= 0xFFFE:
			t.Fatalf("XML-illegal unit %#x at %d", u, i)
		case u == '\n' && (i == 0 || units[i-1] != '\r'):
			t.Fatalf("bare LF at %d", i)
		case u == '%' && i+1 < len(units) && (units[i+1] >= '0' && units[i+1] <= '9' || units[i+1] == '%' || units[i+1] == '{'):
			t.Fatalf("insertion code at %d of %q", i, string(utf16.Decode(units)))
		}
	}
	return string(utf16.Decode(units))
}

// want is AppendInsert's rules, written the slow way.
func want(s string) string {
	s = strings.ReplaceAll(strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n"), "\n", "\r\n")
	var b strings.Builder
	for i, r := range s {
		switch {
		case r == 0:
			r = '␀'
		case r < ' ' && r != '\t' && r != '\r' && r != '\n' || r == 0xFFFE || r == 0xFFFF:
			r = utf8.RuneError
		}
		b.WriteRune(r)
		if rest := s[i:]; r == '%' && len(rest) > 1 && strings.ContainsAny(rest[1:2], "0123456789%{") {
			b.WriteRune('\u200B')
		}
	}
	return b.String()
}

func BenchmarkAppendInsert(b *testing.B) {
	ascii := []byte(strings.Repeat("The service could not reach its data. ", 27)[:1000])
	buf := make([]uint16, 0, 4096)
	b.ReportAllocs()
	for b.Loop() {
		buf, _ = AppendInsert(buf[:0], ascii, 31_000)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/1000, "ns/char")
}
