//go:build unix && !darwin

package syslog

import (
	"cmp"
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"github.com/surefoot-go/surefoot/eventx/internal/queue"
	"github.com/surefoot-go/surefoot/eventx/internal/socket"
)

type conn struct {
	*socket.Socket
	source string
	stream bool   // messages end in a newline
	limit  int    // the known maximum of a datagram; 0: Limit
	buf    []byte // scratch
}

func open(paths []string, source string) (queue.Sink, error) {
	var first error
	for _, path := range paths {
		c, err := socket.Dial(path, false)
		stream := errors.Is(err, unix.EPROTOTYPE)
		if stream {
			c, err = socket.Dial(path, true)
		}
		if err == nil {
			return &conn{Socket: c, source: source, stream: stream}, nil
		}
		first = cmp.Or(first, err)
	}
	return nil, fmt.Errorf("no syslog: %w", first)
}

// Write cuts a message that is too large for the system's datagrams, which are limited to 2 KB on a
// BSD.
func (s *conn) Write(e *queue.Entry) (cut bool, err error) {
	const least = 480 // RFC 3164 requires 1,024 to be accepted
	for limit := cmp.Or(s.limit, Limit); ; limit /= 2 {
		s.buf, cut = Append(queue.Scratch(s.buf), e, s.source, os.Getpid(), limit)
		if s.stream {
			s.buf = append(s.buf, '\n')
		}
		err := s.Send(s.buf, nil)
		switch {
		case err == nil:
			if limit < Limit && cut {
				s.limit = limit // later messages need not try
			}
			return cut, nil
		case !errors.Is(err, unix.EMSGSIZE):
			return false, queue.Lost(err)
		case limit < least:
			return false, err
		}
	}
}

// Where tells Status where events go.
func (s *conn) Where() (journald bool, path string) { return false, s.Path }
