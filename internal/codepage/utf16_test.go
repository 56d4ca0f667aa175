package codepage

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// utf16Of is the plain way: invalid bytes become one U+FFFD each.
func utf16Of(s string) []uint16 { return utf16.Encode([]rune(s)) }

func TestToUTF16(t *testing.T) {
	for _, s := range []string{
		"", "a", "plain ASCII of some length, more than a word", "中文输出", "mixed 混合 text 文本", "é ß ñ",
		"emoji 😀👍🏽 and 𠮷", "\xff", "a\xc0\xafb", "\xed\xa0\x80", "\xe0\x80\x80", "\xf5\x80\x80\x80", "\xe4\xb8中", "\x00\x7f",
		strings.Repeat("ASCII then 中 ", 20),
	} {
		dst := make([]uint16, len(s)+1)
		nDst, nSrc := ToUTF16(dst, []byte(s))
		assert.Equal(t, len(s), nSrc, "%q", s)
		assert.Equal(t, utf16Of(s), append(make([]uint16, 0), dst[:nDst]...), "%q", s)
	}
}

func TestToUTF16LeavesIncompleteRune(t *testing.T) {
	for _, tail := range []string{"\xe4", "\xe4\xb8", "\xf0", "\xf0\x9f", "\xf0\x9f\x98", "\xc3"} {
		var dst [8]uint16
		nDst, nSrc := ToUTF16(dst[:], []byte("ab"+tail))
		assert.Equal(t, 2, nDst, "%q", tail)
		assert.Equal(t, 2, nSrc, "%q", tail)
	}
}

func TestToUTF16NeverSplitsPair(t *testing.T) {
	var dst [3]uint16
	nDst, nSrc := ToUTF16(dst[:], []byte("ab😀"))
	assert.Equal(t, 2, nDst)
	assert.Equal(t, 2, nSrc)
}

func FuzzToUTF16(f *testing.F) {
	f.Add([]byte("中文 and ASCII"), 3)
	f.Add([]byte("😀 a pair at the edge"), 1)
	f.Add([]byte("\xff\xc0\xed\xa0\x80 not UTF-8"), 2)
	f.Fuzz(func(t *testing.T, src []byte, room int) {
		if room < 2 || room > 1<<16 {
			room = 2
		}
		var got []uint16
		rest := src
		for dst := make([]uint16, room); len(rest) > 0; {
			nDst, nSrc := ToUTF16(dst, rest)
			if nSrc == 0 {
				require.False(t, utf8.FullRune(rest), "stuck at %q", rest)
				break
			}
			require.False(t, utf16.IsSurrogate(rune(dst[nDst-1])) && dst[nDst-1] < 0xDC00, "split pair")
			got = append(got, dst[:nDst]...)
			rest = rest[nSrc:]
		}
		whole := bytes.TrimSuffix(src, rest)
		require.Equal(t, string(utf16.Decode(utf16Of(string(whole)))), string(utf16.Decode(got)))
	})
}
