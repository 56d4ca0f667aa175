package codepage

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding"
	"golang.org/x/text/transform"
)

func lookup(t testing.TB, number uint32) encoding.Encoding {
	enc, err := Lookup(number)
	require.NoError(t, err)
	return enc
}

// numbers are all code pages with a table.
func numbers() []uint32 { return slices.Sorted(maps.Keys(digests)) }

func decodeAll(t testing.TB, enc encoding.Encoding, src string) string {
	out, _, err := transform.String(enc.NewDecoder(), src)
	require.NoError(t, err)
	return out
}

func encodeAll(t testing.TB, enc encoding.Encoding, src string) string {
	out, _, err := transform.String(enc.NewEncoder(), src)
	require.NoError(t, err)
	return out
}

// TestPublishedTables compares the characters of all one- and two-byte codes with those of the
// published tables.
func TestPublishedTables(t *testing.T) {
	for _, number := range numbers() {
		t.Run(fmt.Sprint(number), func(t *testing.T) {
			t.Parallel()
			dec := lookup(t, number).NewDecoder()
			var all bytes.Buffer
			for code := range 1 << 16 {
				src, char := []byte{byte(code >> 8), byte(code)}, rune(0)
				if code < 0x100 {
					src = src[1:]
				}
				var dst [8]byte
				nDst, _, err := dec.Transform(dst[:], src, true)
				require.NoError(t, err)
				if r, size := utf8.DecodeRune(dst[:nDst]); size == nDst && r != utf8.RuneError && src[0] != 0 {
					char = r
				} else if code < 0x100 {
					require.True(t, code == 0 || r == utf8.RuneError)
				}
				all.Write([]byte{byte(char), byte(char >> 8)})
			}
			assert.Equal(t, digests[number], fmt.Sprintf("%x", sha256.Sum256(all.Bytes())))
		})
	}
}

// TestPublishedCodes compares the codes of all characters with those of the published tables.
func TestPublishedCodes(t *testing.T) {
	for number, digest := range encodeDigests {
		enc := lookup(t, number).NewEncoder()
		var all bytes.Buffer
		for char := range rune(1 << 16) {
			var dst [8]byte
			n := 0
			if char < 0xD800 || char > 0xDFFF {
				var err error
				n, _, err = enc.Transform(dst[:], utf8.AppendRune(nil, char), true)
				require.NoError(t, err)
			}
			switch {
			case n == 2:
				all.Write([]byte{dst[1], dst[0]})
			case n == 1 && (dst[0] != '?' || char == '?'):
				all.Write([]byte{dst[0], 0})
			default:
				all.Write([]byte{0, 0})
			}
		}
		assert.Equal(t, digest, fmt.Sprintf("%x", sha256.Sum256(all.Bytes())), number)
	}
}

// TestEverySplit decodes all codes of two bytes, and those of four, in two pieces.
func TestEverySplit(t *testing.T) {
	for _, number := range []uint32{932, 936, 949, 950, gb18030} {
		dec := lookup(t, number).NewDecoder()
		for code := range 1 << 16 {
			everySplit(t, dec, []byte{byte(code >> 8), byte(code)})
		}
		if number != gb18030 {
			continue
		}
		enc := lookup(t, number).NewEncoder()
		for char := rune(0x80); char <= utf8.MaxRune; char++ {
			if char > 1<<16 {
				char += 96
			}
			var code [4]byte
			if n, _, _ := enc.Transform(code[:], utf8.AppendRune(nil, char), true); n == 4 {
				everySplit(t, dec, code[:])
			}
		}
	}
}

func everySplit(t *testing.T, dec transform.Transformer, src []byte) {
	var whole, pieces [24]byte
	n, _, err := dec.Transform(whole[:], src, true)
	for at := 1; at < len(src); at++ {
		n1, used, err1 := dec.Transform(pieces[:], src[:at], false)
		n2, _, err2 := dec.Transform(pieces[n1:], src[used:], true)
		if string(pieces[:n1+n2]) != string(whole[:n]) || err != nil || err1 != nil && err1 != transform.ErrShortSrc || err2 != nil {
			t.Fatalf("% x split at %d: %q, whole %q; %v %v %v", src, at, pieces[:n1+n2], whole[:n], err, err1, err2)
		}
	}
}

func TestKnownAnswers(t *testing.T) {
	for _, test := range []struct {
		page uint32
		code string
		text string
	}{
		{936, "\xd6\xd0\xce\xc4\xca\xe4\xb3\xf6", "中文输出"},
		{936, "\x80 \xa2\xe3 \xff", "€ \uE76C \uF8F5"}, // the euro sign is one byte, its GB 18030 pair private use
		{936, "\xa8\x96\xaa\xa1\xfe\xfe", "\uE7BC\uE000\uE4C5"},
		{936, "\xa1\xaa\xa1\xa4\xa6\xd9", "—·\uE78D"},
		{gb18030, "\xd6\xd0\xa2\xe3\xa8\xbf\xfe\x50", "中€ǹ⺁"},
		{gb18030, "\xa8\xbc\x81\x35\xf4\x37", "\uE7C7ḿ"}, // as in the standard's first edition
		{gb18030, "\x81\x30\x81\x30\x84\x31\xa4\x39", "\u0080\uFFFF"},
		{gb18030, "\x90\x30\x81\x30\xe3\x32\x9a\x35", "\U00010000\U0010FFFF"},
		{gb18030, "\x94\x39\xfc\x36", "😀"},
		{932, "\x93\xfa\x96\x7b\x8c\xea \xb1\xdd \\ ~", "日本語 ｱﾝ \\ ~"},
		{932, "\x87\x90\xfa\x4a\xf0\x40\x81\x45", "≒Ⅰ\uE000・"},
		{949, "\xc7\xd1\xb1\xdb\x81\x41\xc9\xa1", "한글갂\uE000"},
		{950, "\xa4\xa4\xa4\xe5\x81\x40\xa3\xe1", "中文\uEEB8€"},
		{437, "\xc3\xc4\xb4 \x82", "├─┤ é"},
		{850, "\x9b\xd5", "øı"},
		{858, "\xd5", "€"},
		{852, "\xa5", "ą"},
		{866, "\x8f\xe0\xa8\xa2\xa5\xe2", "Привет"},
		{874, "\xa1\xdb", "ก\uF8C1"},
		{1250, "\x9c\xb9", "śą"},
		{1251, "\xcf\xf0\xe8\xe2\xe5\xf2", "Привет"},
		{1252, "\x80\x81\xe9", "€\u0081é"},
		{1253, "\xe1\xaa", "α\uF8F9"},
		{20127, "abc\xe1", "abca"}, // Windows takes the lower seven bits
		{28591, "\x80\xe9", "\u0080é"},
		{utf8CP, "中\xffx\xe4\xb8", "中\uFFFDx\uFFFD\uFFFD"},
		{utf16LE, "\x2d\x4e\x3d\xd8\x00\xde\x00\xd8a\x00b", "中😀\uFFFDa\uFFFD"},
		{utf16BE, "\x4e\x2d\xd8\x3d\xde\x00\xdc\x00\x00a", "中😀\uFFFDa"},
	} {
		assert.Equal(t, test.text, decodeAll(t, lookup(t, test.page), test.code), "%d %x", test.page, test.code)
	}
}

func TestInvalid(t *testing.T) {
	for _, test := range []struct {
		page       uint32
		code, text string
	}{
		{936, "\x81\n", "\uFFFD\n"},          // a newline is never lost
		{936, "\x81\"x", "\uFFFD\"x"},        // nor a quotation mark
		{936, "\x81\x7fx", "\uFFFD\x7fx"},    //
		{936, "\x81\xffx", "\uFFFDx"},        // a pair that is none
		{936, "\xd6\xd0\xd6", "中\uFFFD"},     // the end is missing
		{932, "\x81\xad\xad\n", "\uFFFDｭ\n"}, // a pair that is none, then half-width katakana
		{950, "\xa1\xff\xa4\xa4", "\uFFFD中"},
		{gb18030, "\x80\xff", "\uFFFD\uFFFD"},
		{gb18030, "\x81\x30", "\uFFFD0"},
		{gb18030, "\x81\x30\x81", "\uFFFD0\uFFFD"},
		{gb18030, "\x81\x30\n", "\uFFFD0\n"},
		{gb18030, "\x81\x30\x81\n", "\uFFFD0\uFFFD\n"},
		{gb18030, "\x84\x31\xa5\x30", "\uFFFD1\uFFFD0"}, // four bytes without a character: the digits stay
		{gb18030, "\xe3\x32\x9a\x36", "\uFFFD2\uFFFD6"},
	} {
		assert.Equal(t, test.text, decodeAll(t, lookup(t, test.page), test.code), "%d %x", test.page, test.code)
	}
}

func TestEncode(t *testing.T) {
	for _, test := range []struct {
		page       uint32
		text, code string
	}{
		{936, "中€\uF8F5\uE76C", "\xd6\xd0\x80\xff\xa2\xe3"},
		{936, "é😀ñ", "\xa8\xa6??"},       // one question mark a character
		{936, "x\xffy\xe4\xb8", "x?y??"}, // not UTF-8
		{936, "ａ©", "\xa3\xe1?"},         // no best fit: © is not c
		{932, "∵￢", "\x81\xe6\x81\xca"},  // each has three codes
		{932, "Ⅰ≒纊", "\x87\x54\x81\xe0\xfa\x5c"},
		{1252, "naïve – “x” Ω", "na\xefve \x96 \x93x\x94 ?"}, // no best fit: Ω is not O
		{437, "π─", "\xe3\xc4"},
		{20127, "é\x7f", "?\x7f"},
		{gb18030, "€ñ😀\uFFFD\uE7C7ḿ", "\xa2\xe3\x81\x30\x8a\x39\x94\x39\xfc\x36\x84\x31\xa4\x37\xa8\xbc\x81\x35\xf4\x37"},
		{utf16LE, "中😀\xff", "\x2d\x4e\x3d\xd8\x00\xde\xfd\xff"},
		{utf16BE, "中\xe4\xb8", "\x4e\x2d\xff\xfd\xff\xfd"},
		{utf8CP, "中\xff", "中\uFFFD"},
	} {
		assert.Equal(t, test.code, encodeAll(t, lookup(t, test.page), test.text), "%d %q", test.page, test.text)
	}
}

// TestEncodeReversesDecode goes through all characters of the Basic Multilingual Plane and some
// beyond.
func TestEncodeReversesDecode(t *testing.T) {
	for _, number := range numbers() {
		t.Run(fmt.Sprint(number), func(t *testing.T) {
			t.Parallel()
			enc := lookup(t, number)
			encodable := 0
			var text, want strings.Builder
			encoder, decoder := enc.NewEncoder(), enc.NewDecoder()
			for char := range rune(0x10400) {
				if char >= 0xD800 && char < 0xE000 {
					continue
				}
				var code, back [8]byte
				n, _, err := encoder.Transform(code[:], utf8.AppendRune(nil, char), true)
				if string(code[:n]) == "?" && char != '?' && number != gb18030 {
					continue
				}
				m, _, err2 := decoder.Transform(back[:], code[:n], true)
				if err != nil || err2 != nil || string(back[:m]) != string(char) {
					t.Fatalf("%U is encoded as %x and decoded as %q, %v %v", char, code[:n], back[:m], err, err2)
				}
				encodable++
				text.WriteRune(char)
				want.Write(code[:n])
			}
			require.Equal(t, want.String(), encodeAll(t, enc, text.String()))
			require.GreaterOrEqual(t, encodable, 128)
		})
	}
}

// TestSplits converts known texts in two pieces and with little room at every place.
func TestSplits(t *testing.T) {
	const text = "ASCII of more than a word, 中文, naïve Привет ｱ 😀 한글\n"
	for _, number := range append(numbers(), utf8CP, utf16LE, utf16BE) {
		enc := lookup(t, number)
		code := encodeAll(t, enc, text)
		splits(t, enc.NewEncoder(), text+"\xff\xe4\xb8")
		for _, wrong := range []string{"", "\x81", "\x81\n", "\xff\xff\x81\x30", "\x81\x30\x81", "\x81\x30\x81\x30", "\xe4\xb8", "\x3d\xd8"} {
			splits(t, enc.NewDecoder(), code+wrong)
		}
	}
}

func splits(t *testing.T, tr transform.Transformer, src string) {
	t.Helper()
	want, _, err := transform.String(tr, src)
	require.NoError(t, err)
	for at := range len(src) + 1 {
		require.Equal(t, want, inTwo(t, tr, src, at), "%q at %d", src, at)
	}
	for room := 4; room < 20; room++ {
		require.Equal(t, want, inRooms(t, tr, src, room), "%q in %d", src, room)
	}
}

// inTwo transforms src in two pieces.
func inTwo(t *testing.T, tr transform.Transformer, src string, at int) string {
	dst := make([]byte, 4*len(src)+8)
	n1, used, err := tr.Transform(dst, []byte(src[:at]), false)
	if err != nil {
		require.ErrorIs(t, err, transform.ErrShortSrc)
		require.LessOrEqual(t, at-used, 3, "at most one incomplete character is held back")
	}
	n2, rest, err := tr.Transform(dst[n1:], []byte(src[used:]), true)
	require.NoError(t, err)
	require.Equal(t, len(src), used+rest)
	return string(dst[:n1+n2])
}

// inRooms transforms src with little room at a time.
func inRooms(t *testing.T, tr transform.Transformer, src string, room int) string {
	var out []byte
	for rest := []byte(src); ; {
		dst := make([]byte, room)
		nDst, nSrc, err := tr.Transform(dst, rest, true)
		out = append(out, dst[:nDst]...)
		rest = rest[nSrc:]
		if err == nil {
			require.Empty(t, rest)
			return string(out)
		}
		require.ErrorIs(t, err, transform.ErrShortDst)
		require.NotZero(t, nDst, "no progress")
	}
}

func TestLookup(t *testing.T) {
	for _, number := range []uint32{0, 1, 37, 65000, 12000, 1 << 31} {
		_, err := Lookup(number)
		assert.ErrorIs(t, err, Unknown{})
		assert.ErrorIs(t, err, errors.ErrUnsupported)
		assert.ErrorContains(t, err, fmt.Sprint(number))
	}
}

func TestValidPrefix(t *testing.T) {
	long := strings.Repeat("ASCII 中文 ", 100)
	for at := range len(long) {
		require.Equal(t, at, ValidPrefix([]byte(long[:at]+"\xff"+long[at:]))-incomplete(long[:at]), "%d", at)
	}
	assert.Equal(t, len(long), ValidPrefix([]byte(long)))
	assert.Zero(t, ValidPrefix([]byte("\x80")))
}

func TestASCIIPrefix(t *testing.T) {
	long := strings.Repeat("ASCII ", 50)
	for at := range len(long) + 1 {
		for _, other := range []string{"\x80", "\xff", "\x00"} {
			text := []byte(long[:at] + other + long[at:])
			require.Equal(t, at, TextPrefix(text), "%q at %d", other, at)
			want := at
			if other == "\x00" {
				want = len(text)
			}
			require.Equal(t, want, ASCIIPrefix(text), "%q at %d", other, at)
		}
		require.Equal(t, at, TextPrefix([]byte(long[:at])))
		require.Equal(t, at, ASCIIPrefix([]byte(long[:at])))
	}
	assert.Equal(t, 126, TextPrefix([]byte("\x01\x7f"+strings.Repeat("\x01\x7f", 62)+"\x00")))
}

// incomplete is minus the length of the piece of a character that s ends with.
func incomplete(s string) int { return len(validPart(s)) - len(s) }

func validPart(s string) string {
	for !utf8.ValidString(s) {
		s = s[:len(s)-1]
	}
	return s
}

func FuzzDecode(f *testing.F) {
	f.Add(uint16(936), []byte("\xd6\xd0\xce\xc4 GBK"), 3)
	f.Add(uint16(gb18030), []byte("\x81\x30\x81\x30\x94\x39\xfc\x36 four bytes"), 5)
	f.Add(uint16(932), []byte("\x93\xfa\xb1 half-width"), 1)
	f.Add(uint16(950), []byte("\x81\n a lead byte before a newline"), 1)
	f.Add(uint16(utf16LE), []byte("\x3d\xd8\x00\xde\x00 a pair and half a unit"), 2)
	f.Add(uint16(65001&0xFFFF), []byte("\xe4\xb8 UTF-8"), 1)
	f.Fuzz(func(t *testing.T, number uint16, src []byte, at int) {
		enc, err := Lookup(uint32(number))
		if err != nil {
			t.Skip()
		}
		text := decodeAll(t, enc, string(src))
		require.True(t, utf8.ValidString(text))
		if number != utf16LE && number != utf16BE && number != 20127 {
			require.Equal(t, bytes.Count(src, []byte("\n")), strings.Count(text, "\n"))
		}
		require.Equal(t, text, inTwo(t, enc.NewDecoder(), string(src), min(max(at, 0), len(src))))
		require.Equal(t, text, inRooms(t, enc.NewDecoder(), string(src), min(max(at, 4), 64)))

		if code := encodeAll(t, enc, text); !strings.Contains(code, "?") || number == gb18030 {
			require.Equal(t, text, decodeAll(t, enc, code), "decoding what was encoded")
		}
		splitsAt := min(max(at, 0), len(text))
		require.Equal(t, encodeAll(t, enc, text), inTwo(t, enc.NewEncoder(), text, splitsAt))
	})
}
