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

func TestRunSet(t *testing.T) {
	var set RunSet
	text := "café Über «x» naïveté, à l'été déjà."
	n, high := set.Prefix([]byte(text), 0, true)
	assert.Equal(t, [2]int{3, 0}, [2]int{n, high}, "nothing is remembered")
	for i := 0; i < len(text); { // the runs, with what is around them
		size := 0
		for i+size < len(text) && text[i+size] >= utf8.RuneSelf {
			size++
		}
		if size > 0 {
			set.Add([]byte(text[i:i+size+1]), text[i-1])
		}
		i += size + 1
	}
	for _, test := range []struct {
		text      string
		before    byte
		threes    bool
		n, high   int
		condition string
	}{
		{text, 0, false, len(text), len(text) - 1, "all of them"},
		{"thé.", 0, false, 5, 4, "between the same kinds: a small letter and no letter"},
		{"é ", 'f', false, 3, 2, "after a small letter"},
		{"é ", ' ', false, 0, 0, "not after a space"},
		{"é ", 0xA9, false, 0, 0, "not in the middle of a run"},
		{"cafés", 0, false, 6, 5, "before a small letter, as in déjà"},
		{"café", 0, false, 3, 0, "what follows isn't known"},
		{"caféé ", 0, false, 3, 0, "another run"},
		{"中文é ", 0, true, 6, 6, "in the middle of a run"},
		{"中文 té ", 0, true, 11, 10, "with characters of three bytes"},
		{"中文 té ", 0, false, 0, 0, "without them"},
		{"éééé ", 'f', false, 0, 0, "too long"},
	} {
		n, high := set.Prefix([]byte(test.text), test.before, test.threes)
		assert.Equal(t, [2]int{test.n, test.high}, [2]int{n, high}, "%q: %s", test.text, test.condition)
	}
	set = RunSet{}
	for _, long := range []string{"éééé ", " ", "é", "é\xff"} {
		set.Add([]byte(long), 'f')
	}
	assert.Equal(t, RunSet{}, set, "what is no short run is not remembered")
}

func TestAppendText(t *testing.T) {
	page, _ := PageOf(936)
	for _, test := range []struct {
		code, text string
		atEOF      bool
		n, ascii   int
		sure       bool
	}{
		{"\xc4\xe3\xba\xc3", "你好", false, 4, 0, false},
		{"\xc4\xe3 ok \xba\xc3\n", "你 ok 好", false, 8, 6, true}, // up to the newline
		{"12345678\n", "12345678", false, 8, 8, false},
		{"a long line of ASCII\nx", "a long line of ASCII", false, 20, 20, false},
		{"x\xcf\xb5", "x", false, 1, 1, false}, // 系, but also ϵ
		{"x\xba", "x", false, 1, 1, false},
		{"\xc4\xe3\xba", "你", false, 2, 0, false},
		{"\xc4\xe3\x81\xff\xba\xc3", "你", true, 2, 0, false}, // no meaning
		{"\xc4\xe3\xe9\xa1\n", "你椤", true, 4, 0, false},
		{"x \xe9\xa1", "x ", true, 2, 2, false}, // may go on in UTF-8
		{"x \xe9\xa1\xc3\xe3", "x 椤勉", false, 6, 2, true},
	} {
		out, n, ascii, sure := page.AppendText([]byte("> "), []byte(test.code), test.atEOF)
		assert.Equal(t, "> "+test.text, string(out), "%q", test.code)
		assert.Equal(t, [2]int{test.n, test.ascii}, [2]int{n, ascii}, "%q", test.code)
		assert.Equal(t, test.sure, sure, "%q", test.code)
	}
	russian, _ := PageOf(866)
	out, n, ascii, sure := russian.AppendText(nil, []byte("\x8f\xe0\xa8\xa2\xa5\xe2, \xac\xa8\xe0 \xb3"), false)
	assert.Equal(t, "Привет, мир ", string(out), "the last letter needs another one")
	assert.Equal(t, [4]any{12, 12, true, 12}, [4]any{n, ascii, sure, n})
}
