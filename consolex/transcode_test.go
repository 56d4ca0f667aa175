package consolex

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// decoded returns src as decoded by a reader.
func decoded(t testing.TB, src string, cp CodePage) string {
	t.Helper()
	out, err := io.ReadAll(NewDecoder(strings.NewReader(src), cp))
	require.NoError(t, err)
	return string(out)
}

// written returns the pieces as converted by a writer.
func written(t testing.TB, open func(io.Writer, CodePage) io.WriteCloser, cp CodePage, pieces ...string) string {
	t.Helper()
	var out bytes.Buffer
	w := open(&out, cp)
	for _, piece := range pieces {
		n, err := io.WriteString(w, piece)
		require.NoError(t, err)
		require.Equal(t, len(piece), n)
	}
	require.NoError(t, w.Close())
	return out.String()
}

const gbkHello = "\xc4\xe3\xba\xc3" // 你好

func TestDecoder(t *testing.T) {
	for _, test := range []struct {
		name string
		cp   CodePage
		src  string
		want string
	}{
		{"GBK", GBK, "ok " + gbkHello + "\r\n", "ok 你好\r\n"},
		{"stray lead byte", GBK, "a\xc4\nb", "a\uFFFD\nb"},
		{"end in a character", GBK, "a\xc4", "a\uFFFD"},
		{"UTF-8", UTF8CP, "中\xffx\xe4\xb8", "中\uFFFDx\uFFFD\uFFFD"},
		{"UTF-8 mark", UTF8CP, "\xef\xbb\xbf中", "中"},
		{"UTF-8 mark overrules", GBK, "\xef\xbb\xbf中", "中"},
		{"UTF-16 mark does not, where its bytes are text", 1252, "\xff\xfea", "ÿþa"},
		{"UTF-16 mark overrules UTF-8", UTF8CP, "\xff\xfe\x2d\x4e", "中"},
		{"UTF-16", UTF16LE, "\x2d\x4e\x3d\xd8\x00\xde\n\x00", "中😀\n"},
		{"UTF-16 with the other order's mark", UTF16LE, "\xfe\xff\x4e\x2d", "中"},
		{"only the beginning of a mark", UTF8CP, "\xef\xbb", "\uFFFD\uFFFD"},
		{"second mark is text", UTF8CP, "\xef\xbb\xbf\xef\xbb\xbf", "\uFEFF"},
		{"empty", GBK, "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			assert.Equal(t, test.want, decoded(t, test.src, test.cp))
			for i := range len(test.src) + 1 {
				assert.Equal(t, test.want, written(t, NewDecodeWriter, test.cp, test.src[:i], "", test.src[i:]), "split at %d", i)
			}
			out, err := io.ReadAll(NewDecoder(iotest.OneByteReader(strings.NewReader(test.src)), test.cp))
			require.NoError(t, err)
			assert.Equal(t, test.want, string(out), "byte by byte")
		})
	}
}

func TestEncoder(t *testing.T) {
	for _, test := range []struct {
		cp        CodePage
		src, want string
	}{
		{GBK, "你好 ok\n", gbkHello + " ok\n"},
		{GBK, "a😀é\x1a", "a?\xa8\xa6\x1a"},
		{GBK, "a\xffb\xe4\xbd", "a?b??"},
		{1252, "naïve Ω", "na\xefve ?"},
		{UTF8CP, "中\xff", "中\uFFFD"},
		{UTF16LE, "\uFEFF中", "\xff\xfe\x2d\x4e"},
		{GB18030, "😀", "\x94\x39\xfc\x36"},
	} {
		for i := range len(test.src) + 1 {
			assert.Equal(t, test.want, written(t, NewEncoder, test.cp, test.src[:i], "", test.src[i:]), "%v, split at %d", test.cp, i)
		}
	}
}

func TestLongTexts(t *testing.T) {
	line := strings.Repeat("2026-01-02 INFO request served in 12 ms ", 3)
	for _, text := range []string{
		strings.Repeat(line+"\n", 300),
		strings.Repeat(line+"处理完成 GET /index 用时 12 毫秒\n", 300),
		strings.Repeat("中文日志没有换行", 2000),
	} {
		for _, cp := range []CodePage{GBK, GB18030, Big5, UTF8CP, UTF16LE} {
			code := written(t, NewEncoder, cp, text)
			want := decoded(t, code, cp)
			if cp != Big5 {
				require.Equal(t, text, want)
			}
			for _, size := range []int{7, 4096, 32 << 10} {
				require.Equal(t, code, written(t, NewEncoder, cp, pieces(text, size)...))
				require.Equal(t, want, written(t, NewDecodeWriter, cp, pieces(code, size)...))
			}
			var copied bytes.Buffer
			n, err := io.Copy(&copied, NewDecoder(strings.NewReader(code), cp))
			require.NoError(t, err)
			require.EqualValues(t, len(want), n)
			require.Equal(t, want, copied.String())
			if cp == GBK {
				require.Equal(t, text+"\n"+text, detected(t, text+"\n"+code, GBK))
			}
		}
	}
}

func pieces(s string, size int) (all []string) {
	for len(s) > size {
		all = append(all, s[:size])
		s = s[size:]
	}
	return append(all, s)
}

var errTest = errors.New("test")

// A failingWriter fails once it has taken n bytes.
type failingWriter struct{ n int }

func (w *failingWriter) Write(p []byte) (int, error) {
	if len(p) > w.n {
		return w.n, errTest
	}
	w.n -= len(p)
	return len(p), nil
}

type shortWriter struct{}

func (shortWriter) Write(p []byte) (int, error) { return len(p) / 2, nil }

func TestConversionErrors(t *testing.T) {
	for _, src := range []string{strings.Repeat("x", 100<<10), strings.Repeat(gbkHello, 20<<10)} {
		w := NewDecodeWriter(&failingWriter{40 << 10}, GBK)
		n, err := io.WriteString(w, src)
		assert.ErrorIs(t, err, errTest)
		assert.Less(t, n, len(src))
		_, err = io.WriteString(NewDecodeWriter(shortWriter{}, GBK), gbkHello)
		assert.ErrorIs(t, err, io.ErrShortWrite)
		_, err = io.Copy(&failingWriter{40 << 10}, NewDecoder(strings.NewReader(src), GBK))
		assert.ErrorIs(t, err, errTest)
		_, err = io.Copy(shortWriter{}, NewDecoder(strings.NewReader(src), GBK))
		assert.ErrorIs(t, err, io.ErrShortWrite)
	}

	// Bytes that were not written are not counted, so that they can be written elsewhere.
	for _, w := range []io.Writer{NewDecodeWriter(&failingWriter{}, GBK), NewEncoder(&failingWriter{}, GBK)} {
		n, err := io.WriteString(w, "INFO "+gbkHello)
		assert.ErrorIs(t, err, errTest)
		assert.Zero(t, n)
	}

	out, err := io.ReadAll(NewDecoder(io.MultiReader(strings.NewReader(gbkHello), iotest.ErrReader(errTest)), GBK))
	assert.ErrorIs(t, err, errTest)
	assert.Equal(t, "你好", string(out), "what came before the error")
	_, err = NewDecoder(iotest.TimeoutReader(strings.NewReader(gbkHello)), GBK).Read(nil)
	assert.NoError(t, err)
	_, err = NewDecoder(stuckReader{}, GBK).Read(make([]byte, 1))
	assert.ErrorIs(t, err, io.ErrNoProgress)

	r := NewDecoder(iotest.TimeoutReader(iotest.OneByteReader(strings.NewReader(gbkHello))), GBK)
	out, err = io.ReadAll(r)
	assert.ErrorIs(t, err, iotest.ErrTimeout)
	rest, err := io.ReadAll(r)
	assert.NoError(t, err)
	assert.Equal(t, "你好", string(out)+string(rest), "continues after a deadline")

	w := NewDecodeWriter(io.Discard, GBK)
	require.NoError(t, w.Close())
	assert.NoError(t, w.Close(), "idempotent")
	_, err = io.WriteString(w, "x")
	assert.ErrorIs(t, err, os.ErrClosed)
}

// A stuckReader never returns any data.
type stuckReader struct{}

func (stuckReader) Read([]byte) (int, error) { return 0, nil }

func TestUnknownCodePages(t *testing.T) {
	for _, cp := range []CodePage{1, 37, 99999} {
		_, err := NewDecoder(strings.NewReader("x"), cp).Read(make([]byte, 1))
		assert.ErrorIs(t, err, ErrCodePage, cp)
		assert.ErrorIs(t, err, errors.ErrUnsupported, cp)
		_, err = io.Copy(io.Discard, NewDecoder(strings.NewReader("x"), cp))
		assert.ErrorIs(t, err, ErrCodePage, cp)
		w := NewDecodeWriter(io.Discard, cp)
		_, err = io.WriteString(w, "x")
		assert.ErrorIs(t, err, ErrCodePage, cp)
		assert.NoError(t, w.Close(), cp)
	}
	for _, cp := range []CodePage{7, UTF16LE} {
		_, err := Detect{CodePage: cp}.NewDecoder(strings.NewReader("x")).Read(make([]byte, 1))
		assert.ErrorIs(t, err, ErrCodePage, "a code page beside UTF-8 and UTF-16")
		_, err = Detect{CodePage: cp}.CombinedOutput(exec.Command("no-such-program"))
		assert.ErrorIs(t, err, ErrCodePage)
	}
	for _, cp := range []CodePage{Auto, 1} {
		_, err := io.WriteString(NewEncoder(io.Discard, cp), "x")
		assert.ErrorIs(t, err, ErrCodePage, cp)
		_, err = cp.Encoding()
		assert.ErrorIs(t, err, ErrCodePage, cp)
	}
}

func TestDecodeWriterWritesLineInOneCall(t *testing.T) {
	var calls countingWriter
	w := Detect{CodePage: GBK}.NewDecodeWriter(&calls)
	for _, line := range []string{"ASCII\n", "mixed 中文 line\n", "mixed " + gbkHello + " line\n"} {
		calls = 0
		_, err := io.WriteString(w, line)
		require.NoError(t, err)
		assert.EqualValues(t, 1, calls, "%q", line)
	}
}

type countingWriter int

func (c *countingWriter) Write(p []byte) (int, error) { *c++; return len(p), nil }

func TestConvertersDoNotAllocate(t *testing.T) {
	for name, w := range map[string]io.Writer{
		"decode": NewDecodeWriter(io.Discard, GBK), "auto": Detect{CodePage: GBK}.NewDecodeWriter(io.Discard), "encode": NewEncoder(io.Discard, GBK),
	} {
		lines := [][]byte{[]byte("ASCII only\n"), []byte("mixed 中文\n"), []byte("mixed " + gbkHello + "\n"), []byte("cut \xc4"), []byte("\xe3"), []byte("\xe4\xbd"), []byte("\xa0\n")}
		write := func() {
			for _, line := range lines {
				w.Write(line)
			}
		}
		write()
		assert.Zero(t, testing.AllocsPerRun(100, write), name)
	}
}

func FuzzCodePages(f *testing.F) {
	f.Add(uint32(GBK), gbkHello+" GBK", 1, 3)
	f.Add(uint32(GB18030), "\x81\x30\x81\x30 four bytes", 1, 2)
	f.Add(uint32(ShiftJIS), "\x93\xfa\x96\x7b\xb1 Japanese", 3, 5)
	f.Add(uint32(Big5), "\xa4\xa4\n\xa4\n", 1, 4)
	f.Add(uint32(UTF16LE), "\x3d\xd8\x00\xde", 1, 3)
	f.Add(uint32(1252), "na\xefve", 2, 3)
	f.Add(uint32(UTF8CP), "中\xff", 1, 2)
	f.Fuzz(func(t *testing.T, number uint32, src string, i, j int) {
		cp := CodePage(number)
		if _, err := cp.Encoding(); err != nil {
			t.Skip()
		}
		i = min(max(i, 0), len(src))
		j = min(max(j, i), len(src))
		text := decoded(t, src, cp)
		require.True(t, utf8.ValidString(text))
		require.Equal(t, text, written(t, NewDecodeWriter, cp, src[:i], src[i:j], src[j:]))
		code := written(t, NewEncoder, cp, src)
		require.Equal(t, code, written(t, NewEncoder, cp, src[:i], src[i:j], src[j:]))

		// Text that the page can represent survives.
		code = written(t, NewEncoder, cp, text)
		if !strings.ContainsAny(code, "?") && !strings.HasPrefix(text, "\uFEFF") && !strings.HasPrefix(code, "\xef\xbb\xbf") {
			require.Equal(t, text, decoded(t, code, cp))
		}
	})
}
