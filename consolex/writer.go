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

// A Writer accepts UTF-8 and writes it in the form that its file needs.
//
//   - A console gets UTF-16 through WriteConsoleW, so the console's code page does not matter. A
//     rune split across two writes is joined: at most three bytes wait for the next Write or Flush.
//   - A pipe, a file or a terminal of another system gets the bytes unchanged, or in a code page if
//     requested.
//   - For an invalid handle, the text goes to the fallback or is discarded, without an error.
//
// A Writer is safe for concurrent use; concurrent writes to a console are not interleaved. Errors
// other than that of an invalid handle are returned unchanged.
type Writer struct {
	mu       sync.Mutex
	file     *os.File
	out      io.Writer    // file, or an encoder to it
	flush    func() error // of the encoder; or nil
	kind     Kind
	fallback io.Writer
	strip    io.Writer // to the console, if escape sequences are to be removed
	console  func(*os.File, []uint16) (int, error)
	held     [utf8.UTFMax]byte // the start of an incomplete rune
	nheld    int
}

// WriterOptions are the options of [NewWriter]. The zero value works.
type WriterOptions struct {
	// CodePage is the encoding of output to a pipe or file, for programs that can't read UTF-8,
	// such as findstr and more without chcp 65001; see [NewEncoder]. Zero means unchanged UTF-8. A
	// console ignores it. With an unknown code page, every Write returns an error.
	CodePage CodePage

	// Strip removes escape sequences (see the function [Strip]) if f is not a terminal or the user
	// does not want them: unless [Escapes] would return true after [UTF8]. NewWriter reads the
	// environment when it is called.
	Strip bool

	// Fallback receives the text for an invalid handle, as UTF-8. If nil, the text is discarded.
	Fallback io.Writer
}

// NewWriter returns a Writer to f. It determines the kind of f once. Options may be nil. When done,
// call Flush and close f; the Writer itself need not be closed.
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
		if o.Strip && w.fallback != nil { // a terminal may need it later
			w.fallback = Strip(w.fallback)
		}
	}
	return w
}

// newWriter returns a Writer without options. It does not refer to encoders, so that a program that
// needs none does not link their tables.
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

// Write writes p. On a console it returns len(p) even if the last bytes are held back until their
// rune is complete.
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

// Flush writes the bytes of an incomplete rune, as one U+FFFD each. Bytes are held back only on a
// console or with a code page. Flush does not sync a file.
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

// failed returns err unless the file has become invalid. In that case it writes the held bytes and
// the rest to the fallback, and returns the number of bytes of the rest written.
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

// A consoleSide is an io.Writer to a Writer's console.
type consoleSide struct{ w *Writer }

func (c consoleSide) Write(p []byte) (int, error) { return c.w.writeConsole(p) }

// Kind returns the kind of the file, which is [None] once the file has become invalid.
func (w *Writer) Kind() Kind {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.kind
}

// Fd returns the file's descriptor or handle, like [os.File.Fd], for packages that query its kind
// or the width of the terminal. Without a file it returns ^uintptr(0). Output written to the
// descriptor directly bypasses the Writer.
func (w *Writer) Fd() uintptr {
	if w.file == nil {
		return ^uintptr(0)
	}
	return w.file.Fd()
}

// units holds buffers for UTF-16. On older systems WriteConsoleW fails beyond about 26,000 units,
// because the heap that it shares with the console has 64 KiB. A bigger buffer is not faster.
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
