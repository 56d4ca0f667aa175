package consolex

import "io"

// NewDecoder returns a reader that decodes what r yields from the code page to UTF-8. The text
// depends on the bytes alone, never on how r hands them out.
//
// A byte that is not text becomes one U+FFFD. The second byte of an impossible pair stays if it is
// ASCII, so that no newline is ever lost. At most one incomplete character is held back until its
// rest or r's end comes. A byte order mark at the beginning is dropped. UTF-8's overrides the code
// page; UTF-16's does so in [Auto], UTF-8 and UTF-16. How Auto decides is said at [Detect].
//
// An unknown code page is an error of the first Read, see [ErrCodePage].
func NewDecoder(r io.Reader, cp CodePage) io.Reader {
	return &convReader{r: r, conversion: decoding(cp)}
}

// NewDecodeWriter returns a writer that decodes what it is given from the code page to UTF-8, as
// [NewDecoder] does, and writes the text to w. It can be a child's output:
//
//	out := consolex.NewDecodeWriter(os.Stdout, consolex.Auto)
//	cmd.Stdout, cmd.Stderr = out, out
//	err := errors.Join(cmd.Run(), out.Close())
//
// Text is written before Write returns, in one call if it is short. Close writes what is held back;
// it does not close w. A writer must not be used by several goroutines at once.
func NewDecodeWriter(w io.Writer, cp CodePage) io.WriteCloser {
	return &convWriter{w: w, conversion: decoding(cp)}
}

// NewEncoder returns a writer that turns UTF-8 into the code page and writes that to w, for a file
// or a program that reads nothing else. A character that the code page lacks becomes one question
// mark: never 0x1A, which text files end with for many a program, and never another character that
// only looks alike, as Windows' own best fits would have it. A byte that is not UTF-8 is taken for
// U+FFFD. There does not get a byte order mark, unless one is written.
//
// Close writes what is held back; it does not close w. A writer must not be used by several
// goroutines at once. An unknown code page, or Auto, is an error of the first Write, see
// [ErrCodePage].
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

// newDecoder returns the converter from a code page, without its byte order mark.
func newDecoder(cp CodePage) (converter, error) {
	enc, err := cp.Encoding()
	if err != nil {
		return nil, err
	}
	return transcoder{enc.NewDecoder(), !isUTF16(cp)}, nil
}

func isUTF16(cp CodePage) bool { return cp == UTF16LE || cp == utf16BE }

const utf16BE CodePage = 1201
