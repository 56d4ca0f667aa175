package codepage

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestPagesOfText compares the pages that are x/text's, all codes of two and three bytes, and the
// way back. x/text makes two characters of four of Big5-HKSCS's codes.
func TestPagesOfText(t *testing.T) {
	for _, number := range []uint32{hkscs, 20932, 51932} {
		enc := lookup(t, number)
		base := Base(number)
		found := 0
		check := func(code string) {
			want, err := base.NewDecoder().String(code)
			require.NoError(t, err)
			if strings.ContainsRune(want, utf8.RuneError) || want == "" || want[0] < utf8.RuneSelf {
				return
			}
			found++
			require.Equal(t, want, decodeAll(t, enc, code), "%d %x", number, code)
			page, _ := PageOf(number)
			out, n, _, _ := page.AppendText(nil, []byte(code), true)
			require.Equal(t, want, string(out), "%d %x", number, code)
			require.Equal(t, len(code), n)
			if utf8.RuneCountInString(want) == 1 {
				require.Equal(t, want, decodeAll(t, enc, encodeAll(t, enc, want)), "%d %x", number, code)
				require.True(t, page.Encodable(want))
			}
			for at := 1; at < len(code); at++ {
				everySplit(t, enc.NewDecoder(), []byte(code))
			}
		}
		for first := 0x81; first < 0xFF; first++ {
			for second := 0x40; second < 0xFF; second++ {
				check(string([]byte{byte(first), byte(second)}))
				if number != hkscs && second >= 0xA1 && first >= 0xA1 {
					check(string([]byte{0x8F, byte(first), byte(second)}))
				}
			}
		}
		assert.Greater(t, found, 12000, number)
	}
}

func TestMorePages(t *testing.T) {
	for _, test := range []struct {
		page       uint32
		text, code string
	}{
		{20932, "日本語 ｱ 仭", "\xc6\xfc\xcb\xdc\xb8\xec \x8e\xb1 \xd0\xc1"},
		{51932, "丂 é", "\x8f\xb0\xa1 \x8f\xab\xb1"}, // JIS X 0212
		{hkscs, "中文 𠜎 嘅", "\xa4\xa4\xa4\xe5 \x92\xc3 \x9d\xef"},
		{708, "مرحبا é", "\xe5\xd1\xcd\xc8\xc7 \x82"},
	} {
		enc := lookup(t, test.page)
		assert.Equal(t, test.code, encodeAll(t, enc, test.text), test.page)
		assert.Equal(t, test.text, decodeAll(t, enc, test.code), test.page)
	}
	for code, text := range map[string]string{"\x8f\xb0x": "\uFFFD\uFFFDx", "\x8f": "\uFFFD", "\x8f\xa1\xa1": "\uFFFD", "\x8e\x41": "\uFFFDA"} {
		assert.Equal(t, text, decodeAll(t, lookup(t, 20932), code), "%x", code)
	}
	page, ok := PageOf(936)
	require.True(t, ok)
	assert.True(t, page.Double())
	for _, number := range []uint32{utf8CP, utf16LE, 7} {
		_, ok := PageOf(number)
		assert.False(t, ok, number)
	}
	assert.False(t, page.Encodable("é\xff"))
}

// TestPrefixes compares the fast searches with plain ones.
func TestPrefixes(t *testing.T) {
	for _, text := range []string{"", "a", "中", "中文abc", "中文 é", "aé", "中a한", strings.Repeat("中文字", 9) + "é", strings.Repeat("abc中", 20) + "😀", "中\xe4", "\xe0\x80\x80", "\xed\xa0\x80", "日本\xff"} {
		for i := range len(text) + 1 {
			p := []byte(text[i:])
			n, high := new(RunSet).Prefix(p, 0, true)
			want, wantHigh := 0, 0
			for want < len(p) {
				char, size := utf8.DecodeRune(p[want:])
				if char >= utf8.RuneSelf && size != 3 {
					break
				}
				if want += size; size == 3 {
					wantHigh = want
				}
			}
			assert.Equal(t, [2]int{want, wantHigh}, [2]int{n, high}, "%q", p)
			east := EastAsianPrefix(p, false)
			assert.LessOrEqual(t, east, n)
			assert.True(t, utf8.Valid(p[:east]))
			assert.LessOrEqual(t, east, EastAsianPrefix(p, true))
		}
	}
	assert.Equal(t, 9, EastAsianPrefix([]byte("中文。é"), false))
	assert.Equal(t, 0, EastAsianPrefix([]byte("한글"), false))
	assert.Equal(t, 6, EastAsianPrefix([]byte("한글"), true))
}
