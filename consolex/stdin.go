package consolex

import (
	"io"
	"os"
	"sync"
	"unicode/utf16"
	"unicode/utf8"
)

// Stdin returns a reader of [os.Stdin]. If that is a console, the reader delivers UTF-8 at any
// input code page; otherwise it delivers the bytes unchanged. Stdin returns the same reader until
// os.Stdin changes. The reader is safe for concurrent use.
//
// On a console the reader differs from os.Stdin in three ways. Ctrl+C does not end the input, so a
// program that handles [os.Interrupt] can continue reading. Ctrl+Z ends the input only as the first
// character of a line, and is an ordinary character elsewhere. io.EOF is not sticky: a later Read
// returns the next line.
//
// Lines from a console end in "\r\n".
func Stdin() io.Reader {
	stdin.Lock()
	defer stdin.Unlock()
	if stdin.reader == nil || stdin.file != os.Stdin {
		stdin.file, stdin.reader = os.Stdin, os.Stdin
		if KindOf(os.Stdin) == Console {
			f := os.Stdin
			stdin.reader = &consoleReader{read: func(u []uint16) (int, error) { return readConsole(f, u) }}
		}
	}
	return stdin.reader
}

var stdin struct {
	sync.Mutex
	file   *os.File
	reader io.Reader
}

// ctrlZ is the character that Ctrl+Z produces.
const ctrlZ = 0x1A

// A consoleReader converts the lines of a console to UTF-8.
type consoleReader struct {
	mu     sync.Mutex
	read   func([]uint16) (int, error) // ReadConsoleW; 0 and nil: interrupted by Ctrl+C
	units  []uint16                    // its buffer
	high   uint16                      // the first half of an incomplete surrogate pair
	inLine bool                        // not at the beginning of a line
	buf    []byte                      // text
	text   []byte                      // the unread part of buf
}

func (r *consoleReader) Read(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(p) == 0 {
		return 0, nil
	}
	if r.units == nil {
		r.units = make([]uint16, 4<<10) // a line; the system's limit is some 16,000
	}
	for len(r.text) == 0 {
		n, err := r.read(r.units)
		if err != nil {
			return 0, err
		}
		if r.take(r.units[:n]) {
			return 0, io.EOF
		}
	}
	n := copy(p, r.text)
	r.text = r.text[n:]
	return n, nil
}

// take converts units to text and reports whether they end the input.
func (r *consoleReader) take(units []uint16) (end bool) {
	if len(units) == 0 {
		return false
	}
	if !r.inLine && r.high == 0 && units[0] == ctrlZ {
		return true // with the rest of its line
	}
	r.buf = r.buf[:0]
	for _, unit := range units {
		char := rune(unit)
		if r.high != 0 {
			if pair := utf16.DecodeRune(rune(r.high), char); pair != utf8.RuneError {
				r.buf, r.high = utf8.AppendRune(r.buf, pair), 0
				continue
			}
			r.buf, r.high = utf8.AppendRune(r.buf, utf8.RuneError), 0
		}
		if unit >= 0xD800 && unit < 0xDC00 {
			r.high = unit
			continue
		}
		r.buf = utf8.AppendRune(r.buf, char) // a lone low surrogate becomes U+FFFD
	}
	r.text = r.buf
	r.inLine = units[len(units)-1] != '\n'
	return false
}
