package consolex

import (
	"bytes"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestStrip(t *testing.T) {
	for _, test := range []struct{ name, src, want string }{
		{"text", "plain 中文\n", "plain 中文\n"},
		{"colour", "\x1b[32mINFO\x1b[0m 中\x1b[1;38;5;196m文\x1b[m\n", "INFO 中文\n"},
		{"private mode", "\x1b[?25lhidden\x1b[?25h", "hidden"},
		{"title, BEL", "\x1b]0;标题\x07text", "text"},
		{"link, ST", "\x1b]8;;http://a/\x1b\\link\x1b]8;;\x1b\\.", "link."},
		{"device control", "\x1bPq#0\x1b\\x", "x"},
		{"sequence in a string", "\x1b]0;cut\x1b[31mred", "red"},
		{"string in a string", "\x1b]0;cut\x1b]0;title\x07text", "text"},
		{"two bytes", "\x1b7\x1b=\x1b8x", "x"},
		{"intermediate", "\x1b(Bx\x1b#8y", "xy"},
		{"cut off by a newline", "\x1b[31\nx\x1b]title\ny\x1b\nz", "\nx\ny\nz"},
		{"cut off by ESC", "\x1b[3\x1b[0mx\x1b\x1b[0my", "xy"},
		{"cut off by text", "\x1b[3中\x1b文", "中文"},
		{"cut off by a control character", "\x1b[31\rx\x1b\ty\x1b(\bz\x1b]\x1b\r.", "\rx\ty\bz\r."},
		{"cancelled", "\x1b]0;title\x18text\x1b]0;title\x1atext \x1b[3\x18x\x1bP1\x1b\x1ay", "texttext xy"},
		{"CAN and SUB in text", "a\x18b\x1a", "a\x18b\x1a"},
		{"unfinished", "x\x1b[3", "x"},
	} {
		for i := range len(test.src) + 1 {
			var out bytes.Buffer
			w := Strip(&out)
			for _, piece := range []string{test.src[:i], "", test.src[i:]} {
				n, err := io.WriteString(w, piece)
				require.NoError(t, err)
				require.Equal(t, len(piece), n)
			}
			assert.Equal(t, test.want, out.String(), "%s, split at %d", test.name, i)
		}
	}
}

func TestStripErrors(t *testing.T) {
	for _, src := range []string{"plain", "\x1b[0mcoloured"} {
		_, err := io.WriteString(Strip(&failingWriter{}), src)
		assert.ErrorIs(t, err, errTest)
	}
	_, err := io.WriteString(Strip(shortWriter{}), "\x1b[0mcoloured")
	assert.ErrorIs(t, err, io.ErrShortWrite)
}

// TestStripContinuesAfterError retries with every possible number of bytes accepted at a time.
func TestStripContinuesAfterError(t *testing.T) {
	const src = "\x1b[32mgreen\x1b[0m 中\x1b]0;title\x07文\n"
	for most := range 12 {
		var out bytes.Buffer
		room := most
		w := Strip(writerFunc(func(p []byte) (int, error) {
			n := min(room, len(p))
			room -= n
			out.Write(p[:n])
			if n < len(p) {
				return n, errTest
			}
			return n, nil
		}))
		n, err := io.WriteString(w, src)
		require.ErrorIs(t, err, errTest)
		require.Equal(t, most, out.Len())
		room = len(src)
		m, err := io.WriteString(w, src[n:])
		require.NoError(t, err)
		require.Equal(t, len(src), n+m, "after %d", most)
		require.Equal(t, "green 中文\n", out.String(), "after %d", most)
	}
	n, err := io.WriteString(Strip(&failingWriter{3}), "\x1b[0mabcdef")
	assert.ErrorIs(t, err, errTest)
	assert.Equal(t, 7, n, "as the three bytes that it accepted")
	n, err = io.WriteString(Strip(shortWriter{}), "plain")
	assert.ErrorIs(t, err, io.ErrShortWrite)
	assert.Equal(t, 2, n)
}

// TestStripReleasesLargeBuffer writes a large amount at once.
func TestStripReleasesLargeBuffer(t *testing.T) {
	var out bytes.Buffer
	w := &stripper{w: &out}
	src := strings.Repeat("\x1b[32mgreen\x1b[0m text\n", 100<<10)
	n, err := io.WriteString(w, src)
	require.NoError(t, err)
	assert.Equal(t, len(src), n)
	assert.Equal(t, strings.Repeat("green text\n", 100<<10), out.String())
	assert.LessOrEqual(t, cap(w.buf), 2*stripBlock)
}

func TestWriterStrips(t *testing.T) {
	r, p, err := os.Pipe()
	require.NoError(t, err)
	defer r.Close()
	w := NewWriter(p, &WriterOptions{Strip: true, CodePage: GBK})
	_, err = io.WriteString(w, "\x1b[32m你好\x1b[0m")
	require.NoError(t, err)
	require.NoError(t, p.Close())
	got, err := io.ReadAll(r)
	require.NoError(t, err)
	assert.Equal(t, gbkHello, string(got))

	t.Setenv("FORCE_COLOR", "1")
	r, p, err = os.Pipe()
	require.NoError(t, err)
	defer r.Close()
	w = NewWriter(p, &WriterOptions{Strip: true})
	assert.Equal(t, Pipe, w.Kind())
	assert.Equal(t, p.Fd(), w.Fd())
	_, err = io.WriteString(w, "\x1b[32mforced")
	require.NoError(t, err)
	require.NoError(t, p.Close())
	got, err = io.ReadAll(r)
	require.NoError(t, err)
	assert.Equal(t, "\x1b[32mforced", string(got))

	var c fakeConsole
	onConsole := onFake(t, &c)
	onConsole.strip = Strip(consoleSide{onConsole})
	_, err = io.WriteString(onConsole, "\x1b[32m没有颜色\x1b[0m")
	require.NoError(t, err)
	assert.Equal(t, "没有颜色", c.text())

	none := NewWriter(nil, nil)
	assert.Equal(t, None, none.Kind())
	assert.Equal(t, ^uintptr(0), none.Fd())

	var fallback strings.Builder
	_, err = io.WriteString(NewWriter(nil, &WriterOptions{Strip: true, Fallback: &fallback}), "\x1b[32mx")
	require.NoError(t, err)
	assert.Equal(t, "x", fallback.String())
}

func FuzzStrip(f *testing.F) {
	f.Add("\x1b[32mcolour\x1b[0m", 3, 7)
	f.Add("\x1b]0;title\x07\x1b]8;;link\x1b\\", 1, 9)
	f.Add("\x1b[3\n\x1b(B\x1b7 cut off and short ones", 1, 2)
	f.Fuzz(func(t *testing.T, src string, i, j int) {
		i = min(max(i, 0), len(src))
		j = min(max(j, i), len(src))
		strip := func(pieces ...string) string {
			var out bytes.Buffer
			w := Strip(&out)
			for _, piece := range pieces {
				_, err := io.WriteString(w, piece)
				require.NoError(t, err)
			}
			return out.String()
		}
		whole := strip(src)
		require.NotContains(t, whole, "\x1b")
		require.Equal(t, strings.Count(src, "\n"), strings.Count(whole, "\n"))
		require.Equal(t, whole, strip(src[:i], src[i:j], src[j:]))
		require.Equal(t, whole, strip(whole))
	})
}
