package consolex

import (
	"fmt"
	"io"
	"os"
	"slices"

	"golang.org/x/text/transform"

	"github.com/surefoot-go/surefoot/internal/codepage"
)

// A converter converts bytes from one encoding to another.
type converter interface {
	// span returns the number of bytes at the start of src that need no conversion, and counts them
	// as converted.
	span(src []byte, atEOF bool) int
	// convert converts src, appends the result to dst and returns the number of bytes converted,
	// which is all but an incomplete end.
	convert(dst, src []byte, atEOF bool) (out []byte, n int)
}

// A transcoder converts in one code page.
type transcoder struct {
	transform.Transformer      // without state
	ascii                 bool // passes ASCII
}

func (t transcoder) span(src []byte, _ bool) int {
	if t.ascii {
		return codepage.ASCIIPrefix(src)
	}
	return 0
}

func (t transcoder) convert(dst, src []byte, atEOF bool) ([]byte, int) {
	dst = slices.Grow(dst, 4*len(src)) // the most that a byte can become
	nDst, nSrc, _ := t.Transform(dst[len(dst):cap(dst)], src, atEOF)
	return dst[:len(dst)+nDst], nSrc
}

// A conversion is a converter and the bytes that it holds back.
type conversion struct {
	converter
	held []byte
	err  error // for the code page, or a permanent error
}

// feed decodes the pending bytes followed by src and appends the result to dst.
func (c *conversion) feed(dst, src []byte, atEOF bool) []byte {
	for len(c.held) > 0 {
		before := len(c.held)
		more := src[:min(len(src), 64)]
		joined := append(c.held, more...)
		out, n := c.convert(dst, joined, atEOF && len(more) == len(src))
		dst = out
		if n >= before {
			c.held, src = c.held[:0], src[n-before:]
			break
		}
		c.held, src = append(c.held[:0], joined[n:]...), src[len(more):]
		if len(src) == 0 {
			return dst
		}
	}
	dst, n := c.convert(dst, src, atEOF)
	if n < len(src) && c.held == nil {
		c.held = make([]byte, 0, 128) // for the bytes held back, and 64 bytes to join
	}
	c.held = append(c.held, src[n:]...)
	return dst
}

// block is the number of bytes converted at a time: a few memory pages, so that they stay in the
// cache.
const block = 8 << 10

// A convWriter converts its input and writes the result.
type convWriter struct {
	w io.Writer
	*conversion
	buf []byte
}

func (w *convWriter) Write(p []byte) (n int, err error) {
	if w.err != nil {
		return 0, w.err
	}
	w.buf = w.buf[:0]
	next := 0 // p[:next] is written or in buf
	if len(w.held) == 0 {
		next = w.span(p, false)
		if next > 0 && (next == len(p) || next >= block) {
			if n, err = writeFull(w.w, p[:next]); err != nil {
				return n, err
			}
		} else {
			w.buf = append(w.buf, p[:next]...)
		}
	}
	for next < len(p) {
		end := min(len(p), next+block)
		w.buf = w.feed(w.buf, p[next:end], false)
		if err := w.flush(); err != nil {
			return n, err
		}
		n, next = end, end
	}
	return n, nil
}

// finish writes the bytes held back.
func (w *convWriter) finish() error {
	if w.err != nil {
		return nil // already reported
	}
	w.buf = w.feed(w.buf[:0], nil, true)
	return w.flush()
}

func (w *convWriter) flush() error {
	if len(w.buf) == 0 {
		return nil
	}
	_, err := writeFull(w.w, w.buf)
	w.buf = w.buf[:0]
	return err
}

// writeFull returns an error for a short write that came without one.
func writeFull(w io.Writer, p []byte) (n int, err error) {
	n, err = w.Write(p)
	if err == nil && n < len(p) {
		err = io.ErrShortWrite
	}
	return n, err
}

func (w *convWriter) Close() error {
	err := w.finish()
	if w.err == nil {
		w.err = fmt.Errorf("consolex: write after Close: %w", os.ErrClosed)
	}
	return err
}

// A convReader reads from another reader and converts the data.
type convReader struct {
	r io.Reader
	*conversion
	src     []byte
	buf     []byte // converted
	next    int    // the first unread byte of buf
	readErr error  // r's error, returned after buf
}

func (r *convReader) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	for tries := 0; r.next == len(r.buf); tries++ {
		if tries == 100 {
			return 0, io.ErrNoProgress
		}
		if err := r.fill(); err != nil {
			return 0, err
		}
	}
	n := copy(p, r.buf[r.next:])
	r.next += n
	return n, nil
}

// fill reads and converts the next block once buf is empty. It returns r's error after all data
// before it has been read.
func (r *convReader) fill() error {
	n, err := r.read(block)
	if err != nil {
		return err
	}
	r.buf, r.next = r.feed(r.buf[:0], r.src[:n], r.readErr == io.EOF), 0
	return nil
}

// read reads up to size bytes into src. An error that comes with data is returned by the next call.
func (r *convReader) read(size int) (n int, err error) {
	if r.err != nil {
		return 0, r.err
	}
	if err := r.readErr; err != nil {
		if err != io.EOF {
			r.readErr = nil // r may continue after a deadline
		}
		return 0, err
	}
	if len(r.src) < size {
		r.src = make([]byte, size)
	}
	n, r.readErr = r.r.Read(r.src[:size])
	return n, nil
}

// WriteTo implements io.WriterTo, so that io.Copy need not copy bytes that require no conversion.
func (r *convReader) WriteTo(w io.Writer) (int64, error) {
	count := &counter{w: w}
	n, err := writeFull(count, r.buf[r.next:])
	r.next += n
	out := &convWriter{w: count, conversion: r.conversion}
	for err == nil {
		if n, err = r.read(4 * block); err == nil {
			_, err = out.Write(r.src[:n])
			if err == nil && r.readErr == io.EOF {
				err = out.finish()
			}
		}
	}
	if err == io.EOF {
		err = nil
	}
	return count.n, err
}

// A counter counts the bytes that a writer has accepted.
type counter struct {
	w io.Writer
	n int64
}

func (c *counter) Write(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}
