package consolex

import (
	"bytes"
	"errors"
	"io"
	"log"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A fakeConsole accepts UTF-16 like WriteConsoleW.
type fakeConsole struct {
	calls [][]uint16
	err   error // of the call number fail and later ones
	fail  int
	most  int // units that one call takes; 0: all
}

func (c *fakeConsole) write(_ *os.File, u []uint16) (int, error) {
	if c.err != nil && len(c.calls) >= c.fail {
		return 0, c.err
	}
	if c.most > 0 {
		u = u[:min(len(u), c.most)]
	}
	c.calls = append(c.calls, append([]uint16(nil), u...))
	return len(u), nil
}

func (c *fakeConsole) text() string {
	var all []uint16
	for _, call := range c.calls {
		all = append(all, call...)
	}
	return string(utf16.Decode(all))
}

// onFake returns a Writer to a console; os.DevNull is the file behind it.
func onFake(t *testing.T, c *fakeConsole) *Writer {
	f, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	require.NoError(t, err)
	t.Cleanup(func() { f.Close() })
	return &Writer{file: f, kind: Console, console: c.write}
}

func TestWriterJoinsRunes(t *testing.T) {
	const text = "a中文😀é\xff末"
	want := strings.ToValidUTF8(text, "\uFFFD")
	for i := 0; i <= len(text); i++ {
		for j := i; j <= len(text); j++ {
			var c fakeConsole
			w := onFake(t, &c)
			for _, part := range []string{text[:i], text[i:j], "", text[j:]} {
				n, err := io.WriteString(w, part)
				require.NoError(t, err)
				require.Equal(t, len(part), n)
			}
			require.NoError(t, w.Flush())
			require.Equal(t, want, c.text(), "split at %d and %d", i, j)
		}
	}
}

func TestWriterHoldsOnlyIncompleteRune(t *testing.T) {
	for _, test := range []struct{ write, shown, flushed string }{
		{"ab", "ab", "ab"},
		{"ab\xe4", "ab", "ab\uFFFD"},
		{"ab\xf0\x9f\x98", "ab", "ab\uFFFD\uFFFD\uFFFD"},
		{"ab\xe4b", "ab\uFFFDb", "ab\uFFFDb"},
		{"\xf0\x9f\xe4", "\uFFFD\uFFFD", "\uFFFD\uFFFD\uFFFD"},
	} {
		var c fakeConsole
		w := onFake(t, &c)
		_, err := io.WriteString(w, test.write)
		require.NoError(t, err)
		assert.Equal(t, test.shown, c.text(), "%q", test.write)
		require.NoError(t, w.Flush())
		assert.Equal(t, test.flushed, c.text(), "%q", test.write)
		require.NoError(t, w.Flush())
		assert.Equal(t, test.flushed, c.text(), "%q: flushed twice", test.write)
	}
}

func TestWriterChunks(t *testing.T) {
	text := strings.Repeat("x", 8<<10-1) + strings.Repeat("😀", 20<<10)
	for _, most := range []int{0, 1000} {
		c := fakeConsole{most: most}
		n, err := io.WriteString(onFake(t, &c), text)
		require.NoError(t, err)
		require.Equal(t, len(text), n)
		require.Equal(t, text, c.text())
		for _, call := range c.calls {
			require.LessOrEqual(t, len(call), 8<<10)
			if most == 0 {
				last := call[len(call)-1]
				require.False(t, last >= 0xD800 && last < 0xDC00, "a call ends in half a pair")
			}
		}
	}
}

func TestWriterErrors(t *testing.T) {
	c := fakeConsole{err: errors.New("test"), fail: 1}
	w := onFake(t, &c)
	n, err := io.WriteString(w, strings.Repeat("x", 20<<10))
	assert.Equal(t, 8<<10, n, "what the first call took")
	assert.ErrorIs(t, err, c.err)
	c.err = nil
	_, err = io.WriteString(w, "\xe4")
	require.NoError(t, err)
	c.err, c.fail = errors.New("test"), 0
	n, err = io.WriteString(w, "\xb8\xad")
	assert.ErrorIs(t, err, c.err)
	assert.Equal(t, 1, n)

	stuck := &Writer{file: w.file, kind: Console, console: func(*os.File, []uint16) (int, error) { return 0, nil }}
	_, err = io.WriteString(stuck, "x")
	assert.ErrorIs(t, err, io.ErrShortWrite)
}

func TestWriterToInvalidHandle(t *testing.T) {
	for _, f := range []*os.File{nil, os.NewFile(1<<20, "stdout")} {
		n, err := io.WriteString(NewWriter(f, nil), "lost")
		assert.NoError(t, err)
		assert.Equal(t, 4, n)
		assert.NoError(t, NewWriter(f, nil).Flush())

		var fallback bytes.Buffer
		n, err = io.WriteString(NewWriter(f, &WriterOptions{Fallback: &fallback}), "kept")
		assert.NoError(t, err)
		assert.Equal(t, 4, n)
		assert.Equal(t, "kept", fallback.String())

		n, err = io.WriteString(NewWriter(f, &WriterOptions{Fallback: &failingWriter{2}}), "lost")
		assert.ErrorIs(t, err, errTest, "the fallback's errors are returned")
		assert.Equal(t, 2, n)
	}
}

func TestWriterConsoleClosed(t *testing.T) {
	var fallback bytes.Buffer
	c := fakeConsole{err: errors.New("the handle is invalid"), fail: 1}
	w := &Writer{file: os.NewFile(1<<20, "stdout"), kind: Console, fallback: &fallback, console: c.write}
	text := strings.Repeat("x", 8<<10) + "the rest"
	n, err := io.WriteString(w, text)
	assert.NoError(t, err)
	assert.Equal(t, len(text), n)
	assert.Equal(t, "the rest", fallback.String())
	_, err = io.WriteString(w, " and more")
	assert.NoError(t, err)
	assert.Equal(t, "the rest and more", fallback.String())
}

// TestWriterConsoleClosedInRune checks that no bytes accepted by Write are lost.
func TestWriterConsoleClosedInRune(t *testing.T) {
	gone := func(fallback io.Writer) *Writer {
		c := fakeConsole{err: errors.New("the handle is invalid")}
		w := &Writer{file: os.NewFile(1<<20, "stdout"), kind: Console, fallback: fallback, console: c.write}
		_, err := io.WriteString(w, "\xe4\xb8") // waits
		require.NoError(t, err)
		return w
	}
	var fallback bytes.Buffer
	w := gone(&fallback)
	n, err := io.WriteString(w, "\xad文\n")
	assert.NoError(t, err)
	assert.Equal(t, 5, n)
	assert.Equal(t, "中文\n", fallback.String())

	fallback.Reset()
	assert.NoError(t, gone(&fallback).Flush(), "no error from an invalid handle")
	assert.Equal(t, "\xe4\xb8", fallback.String())
	assert.NoError(t, gone(nil).Flush())
	w = gone(&failingWriter{})
	n, err = io.WriteString(w, "\xad")
	assert.ErrorIs(t, err, errTest)
	assert.Zero(t, n)
}

func TestWriterToFilesAndPipes(t *testing.T) {
	const raw = "中文\xff\xe4\r\n" // passed through unchanged, valid or not
	name := filepath.Join(t.TempDir(), "log")
	f, err := os.Create(name)
	require.NoError(t, err)
	_, err = io.WriteString(NewWriter(f, nil), raw)
	require.NoError(t, err)
	require.NoError(t, f.Close())
	got, err := os.ReadFile(name)
	require.NoError(t, err)
	assert.Equal(t, raw, string(got))

	w := NewWriter(f, nil)
	w.kind = File // closed only after NewWriter has looked
	_, err = io.WriteString(w, raw)
	assert.ErrorIs(t, err, os.ErrClosed, "closing a file in use is the program's mistake, not an invalid handle")

	r, p, err := os.Pipe()
	require.NoError(t, err)
	defer r.Close()
	_, err = io.WriteString(NewWriter(p, nil), raw)
	require.NoError(t, err)
	require.NoError(t, p.Close())
	got, err = io.ReadAll(r)
	require.NoError(t, err)
	assert.Equal(t, raw, string(got))

	r, p, err = os.Pipe()
	require.NoError(t, err)
	defer p.Close()
	require.NoError(t, r.Close())
	_, err = io.WriteString(NewWriter(p, nil), raw)
	assert.Error(t, err, "a broken pipe is reported")
}

func TestWriterConcurrently(t *testing.T) {
	var c fakeConsole
	logger := log.New(onFake(t, &c), "", 0)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 100 {
				logger.Print("一行中文")
			}
		})
	}
	wg.Wait()
	assert.Equal(t, strings.Repeat("一行中文\n", 800), c.text())
}

func TestStandardWriters(t *testing.T) {
	assert.Same(t, Stdout(), Stdout())
	assert.Same(t, Stderr(), Stderr())
	r, p, err := os.Pipe()
	require.NoError(t, err)
	defer r.Close()
	old, before := os.Stdout, Stdout()
	t.Cleanup(func() { os.Stdout = old })
	os.Stdout = p
	assert.NotSame(t, before, Stdout())
	_, err = io.WriteString(Stdout(), "x")
	require.NoError(t, err)
	require.NoError(t, p.Close())
	got, err := io.ReadAll(r)
	require.NoError(t, err)
	assert.Equal(t, "x", string(got))
}

func TestWriterDoesNotAllocate(t *testing.T) {
	w := onFake(t, &fakeConsole{})
	w.console = func(_ *os.File, u []uint16) (int, error) { return len(u), nil }
	line := []byte("2026-01-02 15:04:05 信息 服务已启动 ok\n")
	require.True(t, utf8.Valid(line))
	assert.Zero(t, testing.AllocsPerRun(100, func() { w.Write(line) }))
}
