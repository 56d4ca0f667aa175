package consolex

import "io"

// NewDecoder returns a reader that decodes r from the code page to UTF-8. The text depends only on
// the bytes, never on how r splits them.
//
// An invalid byte becomes one U+FFFD. The second byte of an invalid pair is kept if it is ASCII, so
// that no newline is ever lost. At most one incomplete character is held back until its remainder
// or the end of r. A byte order mark at the beginning is dropped. A UTF-8 mark overrides the code
// page; a UTF-16 mark does so for [Auto], UTF-8 and UTF-16. [Detect] describes how Auto decides.
//
// For an unknown code page, Read returns an error that matches [ErrCodePage].
func NewDecoder(r io.Reader, cp CodePage) io.Reader {
	return &convReader{r: r, conversion: decoding(cp)}
}

// NewDecodeWriter returns a writer that decodes its input from the code page to UTF-8, like
// [NewDecoder], and writes the text to w. It can be used as a child's output:
//
//	out := consolex.NewDecodeWriter(os.Stdout, consolex.Auto)
//	cmd.Stdout, cmd.Stderr = out, out
//	err := errors.Join(cmd.Run(), out.Close())
//
// Text is written before Write returns, in one call if it is short. Close writes the bytes held
// back; it does not close w. The writer is not safe for concurrent use.
func NewDecodeWriter(w io.Writer, cp CodePage) io.WriteCloser {
	return &convWriter{w: w, conversion: decoding(cp)}
}

// NewEncoder returns a writer that encodes UTF-8 in the code page and writes the result to w, for
// files and programs that require that code page. A character that the code page lacks becomes one
// question mark: never 0x1A, which many programs treat as the end of a text file, and never a
// similar-looking character, as in Windows' best fits. An invalid byte is treated as U+FFFD.
// NewEncoder does not write a byte order mark of its own.
//
// Close writes the bytes held back; it does not close w. The writer is not safe for concurrent use.
// For an unknown code page or Auto, Write returns an error that matches [ErrCodePage].
func NewEncoder(w io.Writer, cp CodePage) io.WriteCloser {
	return newEncoder(w, cp)
}

func newEncoder(w io.Writer, cp CodePage) *convWriter {
	enc, err := cp.Encoding()
	if err != nil {
		return &convWriter{w: w, conversion: &conversion{err: err}}
	}
	return &convWriter{w: w, conversion: &conversion{converter: transcoder{enc.NewEncoder(), !isUTF16(cp)}}}
}

func decoding(cp CodePage) *conversion {
	if cp == Auto {
		return Detect{}.decoding(nil)
	}
	c, err := newDecoder(cp)
	if err != nil {
		return &conversion{err: err}
	}
	return &conversion{converter: &markReader{converter: c, utf16: cp == UTF8CP || isUTF16(cp)}}
}

// newDecoder returns the converter for a code page. It does not handle byte order marks.
func newDecoder(cp CodePage) (converter, error) {
	enc, err := cp.Encoding()
	if err != nil {
		return nil, err
	}
	return transcoder{enc.NewDecoder(), !isUTF16(cp)}, nil
}

func isUTF16(cp CodePage) bool { return cp == UTF16LE || cp == utf16BE }

const utf16BE CodePage = 1201
