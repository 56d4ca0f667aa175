package consolex

import (
	"errors"
	"io"
	"os"
	"slices"
	"sync"
	"unicode/utf8"

	"github.com/surefoot-go/surefoot/internal/codepage"
)

// A Writer takes UTF-8 and writes it in the way that its file needs.
//
//   - A console gets UTF-16 through WriteConsoleW, so that the console's code page
//     does not matter. A rune whose bytes come in two writes is joined: at most
//     three bytes wait for the next Write or for Flush.
//   - A pipe, a file or a terminal of another system gets the bytes as they are, or
//     in a code page if asked.
//   - A dead handle gets nothing. What is written goes to the fallback, or
//     nowhere, without an error.
//
// A Writer is safe for concurrent use; each Write is whole on the console. Other errors than that
// of a dead handle are returned as the system gave them.
type Writer struct {
	mu       sync.Mutex
	file     *os.File
	out      io.Writer    // file, or an encoder to it
	flush    func() error // of the encoder; or nil
	kind     Kind
	fallback io.Writer
	strip    io.Writer // to the console, if it is to get no escape sequences
	console  func(*os.File, []uint16) (int, error)
	held     [utf8.UTFMax]byte // the start of a rune whose end is yet to come
	nheld    int
}

// WriterOptions are the options of [NewWriter]. The zero value works.
type WriterOptions struct {
	// CodePage is what a pipe or a file gets, for programs that read nothing else, as findstr and
	// more do without chcp 65001; see [NewEncoder]. Zero is UTF-8, as it is written. A console
	// never needs one. An unknown code page is an error of each Write.
	CodePage CodePage

	// Strip leaves out escape sequences, see [Strip], where f is not a terminal or the user does
	// not want them: unless [Escapes] would report true after [UTF8]. The environment counts when
	// NewWriter is called.
	Strip bool

	// Fallback is where the text for a dead handle goes, as UTF-8; nil: nowhere.
	Fallback io.Writer
}

// NewWriter returns a Writer to f, whose kind it finds out once, now. Options may be nil. Close f
// when done, after Flush; a Writer has nothing to close.
func NewWriter(f *os.File, o *WriterOptions) *Writer {
	w := newWriter(f)
	if o != nil {
		w.fallback = o.Fallback
		if o.CodePage != 0 && o.CodePage != UTF8CP {
			encoder := newEncoder(f, o.CodePage)
			w.out, w.flush = encoder, encoder.finish
		}
		if o.Strip && !wantsEscapes(w.kind.Terminal(), os.Getenv) {
			w.out = Strip(w.out)
			w.strip = Strip(consoleSide{w})
		}
		if o.Strip && w.fallback != nil { // which a terminal may need later
			w.fallback = Strip(w.fallback)
		}
	}
	return w
}

// newWriter returns a Writer without options. It does not know of encoders: a program that needs
// none shall not have their tables in its binary.
func newWriter(f *os.File) *Writer {
	return &Writer{file: f, out: f, kind: KindOf(f), console: writeConsole}
}

// Stdout returns the Writer to [os.Stdout], the same one until os.Stdout changes.
func Stdout() *Writer { return stdout.of(os.Stdout) }

// Stderr returns the Writer to [os.Stderr], the same one until os.Stderr changes.
func Stderr() *Writer { return stderr.of(os.Stderr) }

var stdout, stderr standard

// A standard remembers the Writer of a standard file.
type standard struct {
	mu sync.Mutex
	w  *Writer
}

func (s *standard) of(f *os.File) *Writer {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.w == nil || s.w.file != f {
		s.w = newWriter(f)
	}
	return s.w
}

// Write writes p. On a console it returns len(p) though the last bytes may wait for the rest of
// their rune.
func (w *Writer) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	n, err := w.write(p)
	if err == nil {
		return n, nil
	}
	m, err := w.failed(p[n:], err)
	return n + m, err
}

// Flush writes what waits for the rest of a rune, as one U+FFFD for each byte. Only on a console
// and with a code page anything waits. It does not sync a file.
func (w *Writer) Flush() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	var err error
	if w.flush != nil && w.kind != Console && w.kind != None {
		err = w.flush()
	} else {
		var bad [utf8.UTFMax]uint16
		for i := range w.nheld {
			bad[i] = utf8.RuneError
		}
		err = w.toConsole(bad[:w.nheld])
	}
	if err != nil {
		_, err = w.failed(nil, err)
	}
	w.nheld = 0
	return err
}

// failed returns err, unless it comes from a file that went away under us. Then what waits and the
// rest go to the fallback; it returns how much of the rest did.
func (w *Writer) failed(rest []byte, err error) (int, error) {
	held := w.held[:w.nheld]
	w.nheld = 0
	if w.kind == None || errors.Is(err, os.ErrClosed) || KindOf(w.file) != None {
		return 0, err
	}
	w.kind = None
	text := slices.Concat(held, rest)
	if len(text) == 0 {
		return 0, nil
	}
	n, err := w.write(text)
	return max(0, n-len(held)), err
}

func (w *Writer) write(p []byte) (int, error) {
	switch {
	case w.kind == Console && w.strip != nil:
		return w.strip.Write(p)
	case w.kind == Console:
		return w.writeConsole(p)
	case w.kind != None:
		return w.out.Write(p)
	case w.fallback != nil:
		return w.fallback.Write(p)
	}
	return len(p), nil
}

// A consoleSide is a Writer's way to its console.
type consoleSide struct{ w *Writer }

func (c consoleSide) Write(p []byte) (int, error) { return c.w.writeConsole(p) }

// Kind returns what the file leads to, which is [None] once it has gone away.
func (w *Writer) Kind() Kind {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.kind
}

// Fd returns the file's descriptor or handle, as [os.File.Fd] does, for packages that ask the
// system what it leads to, or how wide the terminal is. Without a file it is ^uintptr(0). What is
// written to it directly passes the Writer by.
func (w *Writer) Fd() uintptr {
	if w.file == nil {
		return ^uintptr(0)
	}
	return w.file.Fd()
}

// units holds buffers for UTF-16. WriteConsoleW of older systems fails beyond some 26,000 units
// (the heap that it shares with the console has 64 KiB), and a bigger one is not faster.
var units = sync.Pool{New: func() any { return new([8 << 10]uint16) }}

func (w *Writer) writeConsole(p []byte) (n int, err error) {
	buf := units.Get().(*[8 << 10]uint16)
	defer units.Put(buf)
	for w.nheld > 0 && n < len(p) { // join, byte by byte
		held, nheld := w.held, w.nheld
		w.held[w.nheld] = p[n]
		w.nheld++
		nDst, nSrc := codepage.ToUTF16(buf[:], w.held[:w.nheld])
		w.nheld = copy(w.held[:], w.held[nSrc:w.nheld])
		if err := w.toConsole(buf[:nDst]); err != nil {
			w.held, w.nheld = held, nheld
			return n, err
		}
		n++
	}
	for n < len(p) {
		nDst, nSrc := codepage.ToUTF16(buf[:], p[n:])
		if nSrc == 0 { // a rune whose end is missing
			w.nheld = copy(w.held[:], p[n:])
			return len(p), nil
		}
		if err := w.toConsole(buf[:nDst]); err != nil {
			return n, err
		}
		n += nSrc
	}
	return n, nil
}

// toConsole writes all of u.
func (w *Writer) toConsole(u []uint16) error {
	for len(u) > 0 {
		n, err := w.console(w.file, u)
		if err != nil {
			return err
		}
		if n <= 0 || n > len(u) {
			return io.ErrShortWrite
		}
		u = u[n:]
	}
	return nil
}
