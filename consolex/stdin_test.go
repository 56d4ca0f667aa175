package consolex

import (
	"io"
	"os"
	"slices"
	"testing"
	"testing/iotest"
	"unicode/utf16"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// typed returns a console that delivers each line in one call, up to the size of the buffer; nil is
// Ctrl+C. After the lines it returns an error.
func typed(lines ...[]uint16) func([]uint16) (int, error) {
	return func(u []uint16) (int, error) {
		if len(lines) == 0 {
			return 0, errTest
		}
		n := copy(u, lines[0])
		if lines[0] = lines[0][n:]; len(lines[0]) == 0 {
			lines = lines[1:]
		}
		return n, nil
	}
}

func line(s string) []uint16 { return utf16.Encode([]rune(s)) }

func TestStdinLines(t *testing.T) {
	for _, test := range []struct {
		name  string
		lines [][]uint16
		want  string
		err   error // io.EOF reads as nil
	}{
		{"UTF-16", [][]uint16{line("中文 é 😀\r\n")}, "中文 é 😀\r\n", errTest},
		{"Ctrl+C", [][]uint16{line("a\r\n"), nil, nil, line("b\r\n")}, "a\r\nb\r\n", errTest},
		{"Ctrl+Z", [][]uint16{line("a\r\n"), line("\x1arest\r\n"), line("b\r\n")}, "a\r\n", nil},
		{"Ctrl+Z in a line", [][]uint16{line("a\x1ab\r\n"), line("c\r\n")}, "a\x1ab\r\nc\r\n", errTest},
		{"Ctrl+Z in a line that comes in pieces", [][]uint16{line("a"), line("\x1ab\r\n")}, "a\x1ab\r\n", errTest},
		{"pair in two pieces", [][]uint16{{'a', 0xD83D}, {0xDE00, 'b'}}, "a😀b", errTest},
		{"half a pair", [][]uint16{{0xD83D}, {'b', 0xDE00}}, "\uFFFDb\uFFFD", errTest},
		{"half a pair twice", [][]uint16{{0xD83D, 0xD83D, 0xDE00}}, "\uFFFD😀", errTest},
		{"half a pair before Ctrl+Z", [][]uint16{{0xD83D}, {ctrlZ}}, "\uFFFD\x1a", errTest},
	} {
		for how, wrap := range map[string]func(io.Reader) io.Reader{"": onlyReader, " byte by byte": iotest.OneByteReader} {
			r := &consoleReader{read: typed(slices.Clone(test.lines)...)}
			got, err := io.ReadAll(wrap(r))
			assert.Equal(t, test.want, string(got), test.name+how)
			assert.ErrorIs(t, err, test.err, test.name+how)
		}
	}
}

func onlyReader(r io.Reader) io.Reader { return r }

func TestStdinContinuesAfterEOF(t *testing.T) {
	r := &consoleReader{read: typed(line("\x1a\r\n"), line("again\r\n"))}
	got, err := io.ReadAll(r)
	require.NoError(t, err)
	assert.Empty(t, got)
	got, err = io.ReadAll(r)
	assert.ErrorIs(t, err, errTest)
	assert.Equal(t, "again\r\n", string(got))
	n, err := r.Read(nil)
	assert.NoError(t, err)
	assert.Zero(t, n)
}

func TestStdin(t *testing.T) {
	r, w, err := os.Pipe()
	require.NoError(t, err)
	defer r.Close()
	old := os.Stdin
	t.Cleanup(func() { os.Stdin = old })
	os.Stdin = r
	_, err = io.WriteString(w, "\x1a中\xff") // bytes from a pipe are passed through unchanged
	require.NoError(t, err)
	require.NoError(t, w.Close())
	assert.Same(t, Stdin(), Stdin())
	got, err := io.ReadAll(Stdin())
	require.NoError(t, err)
	assert.Equal(t, "\x1a中\xff", string(got))
}
