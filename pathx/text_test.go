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

func TestTextReaderIsAReader(t *testing.T) {
	long := strings.Repeat("x世😀\n", 2000)
	require.NoError(t, iotest.TestReader(NewTextReader(strings.NewReader(utf16Bytes(long, true))), []byte(long)))
}

func TestTextReaderErrors(t *testing.T) {
	for _, tt := range []struct{ name, in, before, want string }{
		{"GBK", "name=1\nname=\xC4\xE3\xBA\xC3", "name=1\nname=", "byte 12, in line 2: 0xC4"},
		{"cut short", "ab\xE4\xB8", "ab", "byte 2, in line 1: the end in the middle of a character"},
		{"half of UTF-16", "\xFF\xFEa\x00b", "a", "byte 4, in line 1: the end"},
		{"first surrogate alone", "\xFF\xFE\x3D\xD8a\x00", "", "byte 2, in line 1: 0x3D"},
		{"first surrogate at the end", "\xFF\xFE\x3D\xD8", "", "byte 2, in line 1: the end"},
		{"second surrogate alone", "\xFF\xFE\x00\xDE", "", "byte 2, in line 1: 0x00"},
		{"UTF-32LE", "\xFF\xFE\x00\x00a\x00\x00\x00", "", "UTF-32"},
		{"UTF-32BE", "\x00\x00\xFE\xFF\x00\x00\x00a", "", "UTF-32"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := NewTextReader(iotest.OneByteReader(strings.NewReader(tt.in)))
			got, err := io.ReadAll(r)
			require.ErrorIs(t, err, ErrNotText)
			assert.Contains(t, err.Error(), tt.want)
			assert.Contains(t, err.Error(), "consolex.NewDecoder")
			assert.Equal(t, tt.before, string(got))
			_, again := r.Read(make([]byte, 1))
			assert.Equal(t, err, again)
		})
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

// However the input is cut into reads, the result is the same, and it is UTF-8.
func FuzzTextReader(f *testing.F) {
	f.Add([]byte("\uFEFFtext"))                    // Notepad
	f.Add([]byte("\xFF\xFEt\x00\x3D\xD8\x00\xDE")) // PowerShell
	f.Add([]byte("\xFE\xFF\x00t"))                 // UTF-16BE
	f.Add([]byte("\xC4\xE3\xBA\xC3"))              // GBK
	f.Fuzz(func(t *testing.T, in []byte) {
		whole, err := io.ReadAll(NewTextReader(bytes.NewReader(in)))
		split, splitErr := io.ReadAll(NewTextReader(iotest.OneByteReader(bytes.NewReader(in))))
		assert.Equal(t, whole, split)
		assert.Equal(t, err, splitErr)
		assert.True(t, utf8.Valid(whole))
		if utf8.Valid(in) && err != nil && len(in) > 1 && in[0] != 0 && in[1] != 0 {
			t.Errorf("valid UTF-8 refused: %v", err)
		}
	})
}
