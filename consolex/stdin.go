package consolex

import (
	"io"
	"os"
	"sync"
	"unicode/utf16"
	"unicode/utf8"
)

// Stdin returns a reader of [os.Stdin] that gives UTF-8 where it is a console, at any input code
// page. Anything else it reads as it is. It is the same one until os.Stdin changes, and may be used
// by several goroutines.
//
// What differs from os.Stdin on a console: Ctrl+C does not end the input; a program that handles
// [os.Interrupt] can go on reading. Ctrl+Z ends it where it is the first character of a line, and
// is an ordinary character elsewhere. io.EOF is not sticky: a later Read returns the next line.
//
// Lines end in "\r\n" there, as the console gives them.
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

// ctrlZ is what Ctrl+Z reads as.
const ctrlZ = 0x1A

// A consoleReader turns the lines that a console yields into UTF-8.
type consoleReader struct {
	mu     sync.Mutex
	read   func([]uint16) (int, error) // ReadConsoleW; 0 and nil: interrupted by Ctrl+C
	units  []uint16                    // what it reads into
	high   uint16                      // half of a surrogate pair whose rest is yet to come
	inLine bool                        // not at the beginning of a line
	buf    []byte                      // text
	text   []byte                      // what of buf is not yet read
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

// take turns units into text, and reports whether they are the end of the input.
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
		r.buf = utf8.AppendRune(r.buf, char) // a lone low surrogate is none: U+FFFD
	}
	r.text = r.buf
	r.inLine = units[len(units)-1] != '\n'
	return false
}
