package pathx

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// utf16 encodes s in the byte order of the mark.
func utf16Bytes(s string, big bool) string {
	var b strings.Builder
	unit := func(u rune) {
		if big {
			b.Write([]byte{byte(u >> 8), byte(u)})
		} else {
			b.Write([]byte{byte(u), byte(u >> 8)})
		}
	}
	for _, r := range s {
		if r >= 0x10000 {
			unit(0xD800 + (r-0x10000)>>10)
			unit(0xDC00 + (r-0x10000)&0x3FF)
		} else {
			unit(r)
		}
	}
	return b.String()
}

func TestTextReader(t *testing.T) {
	const text = "{\"naïve\": \"世界 😀\"}\r\n"
	long := strings.Repeat("x世😀\n", 5000)
	for _, tt := range []struct{ name, in, want string }{
		{"UTF-8", text, text},
		{"UTF-8 with mark", "\uFEFF" + text, text},
		{"UTF-16LE with mark", "\xFF\xFE" + utf16Bytes(text, false), text},
		{"UTF-16BE with mark", "\xFE\xFF" + utf16Bytes(text, true), text},
		{"UTF-16LE without", utf16Bytes(text, false), text},
		{"UTF-16BE without", utf16Bytes(text, true), text},
		{"empty", "", ""},
		{"one byte", "x", "x"},
		{"two bytes", "{}", "{}"},
		{"mark only", "\xEF\xBB\xBF", ""},
		{"mark of UTF-16 only", "\xFF\xFE", ""},
		{"one letter in UTF-16", "x\x00", "x"},
		{"two marks", "\uFEFF\uFEFF" + text, text},
		{"two marks of UTF-16", "\xFF\xFE\xFF\xFE" + utf16Bytes(text, false), text},
		{"joined files", "\uFEFFa\n\uFEFFb\n", "a\nb\n"},
		{"joined files in UTF-16", "\xFE\xFF" + utf16Bytes("a\n\uFEFFb", true), "a\nb"},
		{"UTF-16LE without, Chinese first", utf16Bytes("上海=中文\r\n", false), "上海=中文\r\n"},
		{"UTF-16BE without, Chinese first", utf16Bytes("上海=中文\r\n", true), "上海=中文\r\n"},
		{"UTF-16LE without, a line of Chinese", utf16Bytes("配置文件的第一行没有英文\n", false), "配置文件的第一行没有英文\n"},
		{"UTF-16LE without, one letter of Chinese", utf16Bytes("中\n", false), "中\n"},
		{"mark inside stays", "a\uFEFFb", "a\uFEFFb"},
		{"replacement character is a character", "a\uFFFDb", "a\uFFFDb"},
		{"replacement character in UTF-16", "\xFF\xFE\xFD\xFF", "\uFFFD"},
		{"long UTF-8", long, long},
		{"long UTF-16", "\xFF\xFE" + utf16Bytes(long, false), long},
	} {
		for way, wrap := range map[string]func(io.Reader) io.Reader{
			"whole":     func(r io.Reader) io.Reader { return r },
			"bytewise":  iotest.OneByteReader,
			"with data": iotest.DataErrReader,
		} {
			t.Run(tt.name+"/"+way, func(t *testing.T) {
				got, err := io.ReadAll(NewTextReader(wrap(strings.NewReader(tt.in))))
				require.NoError(t, err)
				assert.Equal(t, tt.want, string(got))
			})
		}
	}
}

func TestTextReaderWithIotest(t *testing.T) {
	long := strings.Repeat("x世😀\n", 2000)
	require.NoError(t, iotest.TestReader(NewTextReader(strings.NewReader(utf16Bytes(long, true))), []byte(long)))
}

func TestTextReaderErrors(t *testing.T) {
	const code = "consolex.NewDecoder"
	appended := utf16Bytes("b=2\r\n", false)
	for _, tt := range []struct{ name, in, before, want, hint string }{
		{"GBK", "name=1\nname=\xC4\xE3\xBA\xC3", "name=1\nname=", "byte 12, in line 2: 0xC4", code},
		{"cut short", "ab\xE4\xB8", "ab", "byte 2, in line 1: the end in the middle of a character", "cut short"},
		{"half of UTF-16", "\xFF\xFEa\x00b", "a", "byte 4, in line 1: the end", "cut short"},
		{"first surrogate alone", "\xFF\xFE\x3D\xD8a\x00", "", "byte 2, in line 1: 0xD83D", "surrogate"},
		{"first surrogate at the end", "\xFF\xFE\x3D\xD8", "", "byte 2, in line 1: the end", "cut short"},
		{"second surrogate alone", "\xFF\xFE\x00\xDE", "", "byte 2, in line 1: 0xDE00", "surrogate"},
		{"UTF-32LE", "\xFF\xFE\x00\x00a\x00\x00\x00", "", "UTF-32", "save it as UTF-8"},
		{"UTF-32BE", "\x00\x00\xFE\xFF\x00\x00\x00a", "", "UTF-32", "save it as UTF-8"},
		{"UTF-16 after UTF-8", "a=1\r\n" + appended, "a=1\r\nb", "byte 6, in line 2: a zero byte", "PowerShell"},
		{"UTF-16 after an odd number of bytes", "a=1\n12\n" + appended, "a=1\n12\nb", "byte 8, in line 3: a zero byte", "PowerShell"},
		{"UTF-16 after UTF-8 with a mark", "\uFEFFa=1\n" + appended, "a=1\nb", "byte 8, in line 2: a zero byte", "PowerShell"},
		{"UTF-16 after Chinese in UTF-8", "城市=上海\n" + appended, "城市=上海\nb", "byte 15, in line 2: a zero byte", "PowerShell"},
		{"Chinese in UTF-16 after UTF-8", "key=value\n" + utf16Bytes("城市=上海\n", false), "key=value\n", "byte 10, in line 2: 0xCE", code},
		{"UTF-16 far behind", strings.Repeat("a=1\n", 3000) + appended, strings.Repeat("a=1\n", 3000) + "b", "line 3001: a zero byte", "PowerShell"},
		{"UTF-16 with its mark after UTF-8", "a=1\n\xFF\xFE" + appended, "a=1\n", "byte 4, in line 2: 0xFF", code},
		{"two zero bytes", "a\x00\x00b", "a", "byte 1, in line 1: a zero byte", ""},
		{"zero character of UTF-16", "\xFF\xFEa\x00\x00\x00", "a", "byte 4, in line 1: a zero character", ""},
	} {
		for way, wrap := range map[string]func(io.Reader) io.Reader{
			"whole": func(r io.Reader) io.Reader { return r }, "bytewise": iotest.OneByteReader,
		} {
			t.Run(tt.name+"/"+way, func(t *testing.T) {
				r := NewTextReader(wrap(strings.NewReader(tt.in)))
				got, err := io.ReadAll(r)
				require.ErrorIs(t, err, ErrNotText)
				assert.Contains(t, err.Error(), tt.want)
				assert.Contains(t, err.Error(), tt.hint)
				assert.Equal(t, tt.hint == code, strings.Contains(err.Error(), code), "the hint for code pages: %v", err)
				assert.Equal(t, tt.before, string(got))
				_, again := r.Read(make([]byte, 1))
				assert.Equal(t, err, again)
			})
		}
	}
	broken := errors.New("broken")
	got, err := io.ReadAll(NewTextReader(io.MultiReader(strings.NewReader("text\xE4"), iotest.ErrReader(broken))))
	assert.Equal(t, broken, err)
	assert.Equal(t, "text", string(got))
	_, err = io.ReadAll(NewTextReader(readerFunc(func([]byte) (int, error) { return 0, nil })))
	assert.Equal(t, io.ErrNoProgress, err)
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// The result is UTF-8 and does not depend on how the input is split into reads.
func FuzzTextReader(f *testing.F) {
	f.Add([]byte("\uFEFFtext"))                    // Notepad
	f.Add([]byte("\xFF\xFEt\x00\x3D\xD8\x00\xDE")) // PowerShell
	f.Add([]byte("\xFE\xFF\x00t"))                 // UTF-16BE
	f.Add([]byte("\xC4\xE3\xBA\xC3"))              // GBK
	f.Add([]byte("a=1\nb\x00"))                    // >> of PowerShell
	f.Add([]byte("\x0AN\x77m\x0A\x00"))            // UTF-16LE without a mark, Chinese first
	f.Fuzz(func(t *testing.T, in []byte) {
		whole, err := io.ReadAll(NewTextReader(bytes.NewReader(in)))
		split, splitErr := io.ReadAll(NewTextReader(iotest.OneByteReader(bytes.NewReader(in))))
		assert.Equal(t, whole, split)
		assert.Equal(t, err, splitErr)
		assert.True(t, utf8.Valid(whole))
		if utf8.Valid(in) && err != nil && !bytes.Contains(in, []byte{0}) {
			t.Errorf("valid UTF-8 refused: %v", err)
		}
	})
}
