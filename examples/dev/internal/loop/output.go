package loop

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/surefoot-go/surefoot/consolex"
)

// maxLine is where an over-long line is split.
const maxLine = 8 << 10

// An output writes the lines of several programs, each as a whole and prefixed with the program's
// name.
type output struct {
	prefixes map[string]string

	mu  sync.Mutex
	w   io.Writer
	buf []byte
}

func newOutput(w io.Writer, names []string, colour bool) *output {
	o := &output{w: w, prefixes: map[string]string{}}
	width := 0
	for _, name := range names {
		width = max(width, utf8.RuneCountInString(name))
	}
	for i, name := range names {
		prefix := fmt.Sprintf("%-*s |", width, name)
		if colour {
			prefix = "\x1b[" + colours[i%len(colours)] + "m" + prefix + "\x1b[0m"
		}
		o.prefixes[name] = prefix + " "
	}
	return o
}

// colours are not red, which is for errors, and none that is hard to read on black or on white.
var colours = []string{"36", "32", "33", "35", "34", "96", "92", "95", "94"}

// line writes text, which may be several lines, in one call.
func (o *output) line(name, text string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.buf = o.buf[:0]
	for line := range strings.SplitSeq(strings.TrimSuffix(text, "\n"), "\n") {
		o.buf = append(o.buf, o.prefixes[name]...)
		o.buf = append(o.buf, line...)
		o.buf = append(o.buf, '\n')
	}
	o.w.Write(o.buf) // there is nowhere to say that it fails
}

// stream returns a writer for a child's output, in whatever encoding. It prints whole lines, and
// the rest when it is closed; the tail gets them as well.
func (o *output) stream(name string, t *tail) io.WriteCloser {
	lines := &lineWriter{line: func(text string) {
		t.add(text)
		o.line(name, text)
	}}
	return &decoded{consolex.NewDecodeWriter(lines, consolex.Auto), lines}
}

// decoded closes the lines behind the decoder.
type decoded struct {
	io.WriteCloser
	lines *lineWriter
}

func (d *decoded) Close() error {
	err := d.WriteCloser.Close()
	d.lines.flush()
	return err
}

// A lineWriter calls line with each line that is written to it, without its end.
type lineWriter struct {
	line func(string)
	rest []byte
}

func (w *lineWriter) Write(p []byte) (int, error) {
	w.rest = append(w.rest, p...)
	for {
		end, next := cutLine(w.rest)
		if next == 0 {
			return len(p), nil
		}
		w.line(string(bytes.TrimSuffix(w.rest[:end], []byte("\r"))))
		w.rest = append(w.rest[:0], w.rest[next:]...)
	}
}

func (w *lineWriter) flush() {
	if len(w.rest) > 0 {
		w.line(string(w.rest))
		w.rest = nil
	}
}

// cutLine says where the first line of b ends and the next one begins; next is 0 where it is not
// complete. A line that is too long ends before the rune that would not fit.
func cutLine(b []byte) (end, next int) {
	if i := bytes.IndexByte(b, '\n'); i >= 0 && i <= maxLine {
		return i, i + 1
	}
	if len(b) <= maxLine {
		return 0, 0
	}
	end = maxLine
	for end > maxLine-utf8.UTFMax && !utf8.RuneStart(b[end]) {
		end--
	}
	return end, end
}

// A tail holds the last lines of a log, without escape sequences.
type tail struct {
	mu    sync.Mutex
	most  int
	lines []string
	count int // of all lines so far
}

func (t *tail) add(line string) {
	var plain bytes.Buffer
	consolex.Strip(&plain).Write([]byte(line))
	t.mu.Lock()
	defer t.mu.Unlock()
	t.lines = keepLast(t.lines, t.most, plain.String())
	t.count++
}

// end is where the next line comes, for since.
func (t *tail) end() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.count
}

// since returns the lines from there on that are still held, oldest first.
func (t *tail) since(place int) []string {
	return t.last(t.end() - place)
}

// last returns up to n lines, oldest first.
func (t *tail) last(n int) []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return append([]string{}, t.lines[max(0, len(t.lines)-n):]...)
}

// keepLast appends v to s and drops what is more than most, oldest first.
func keepLast[T any](s []T, most int, v T) []T {
	if len(s) >= most {
		s = append(s[:0], s[len(s)-most+1:]...)
	}
	return append(s, v)
}
