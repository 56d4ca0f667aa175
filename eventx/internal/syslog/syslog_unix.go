//go:build unix && !darwin

package syslog

import (
	"cmp"
	"errors"
	"fmt"
	"os"

	"github.com/surefoot-go/surefoot/eventx/internal/queue"
	"github.com/surefoot-go/surefoot/eventx/internal/socket"
	"golang.org/x/sys/unix"
)

type Syslog struct {
	*socket.Socket
	source string
	stream bool   // messages end in a newline
	limit  int    // what was found to fit into a datagram; 0: SyslogLimit
	buf    []byte // scratch
}

// Open connects to the local syslog at one of the paths. It usually takes datagrams, but with
// syslog-ng it may have a stream.
func Open(paths []string, source string) (queue.Sink, error) {
	var first error
	for _, path := range paths {
		conn, err := socket.Dial(path, unix.SOCK_DGRAM)
		stream := errors.Is(err, unix.EPROTOTYPE)
		if stream {
			conn, err = socket.Dial(path, unix.SOCK_STREAM)
		}
		if err == nil {
			return &Syslog{Socket: conn, source: source, stream: stream}, nil
		}
		first = cmp.Or(first, err)
	}
	return nil, fmt.Errorf("no syslog: %w", first)
}

// Write cuts a message that is too large for the system's datagrams, which take 2 KB on a BSD.
func (s *Syslog) Write(e *queue.Entry) (cut bool, err error) {
	const least = 480 // RFC 3164 wants 1,024 to be taken
	for limit := cmp.Or(s.limit, SyslogLimit); ; limit /= 2 {
		s.buf, cut = AppendSyslog(queue.Scratch(s.buf), e, s.source, os.Getpid(), limit)
		if s.stream {
			s.buf = append(s.buf, '\n')
		}
		err := s.Send(s.buf, nil)
		switch {
		case err == nil:
			if limit < SyslogLimit && cut {
				s.limit = limit // the next one need not try
			}
			return cut, nil
		case !errors.Is(err, unix.EMSGSIZE):
			return false, queue.Lost(err)
		case limit < least:
			return false, err
		}
	}
}

// Where tells Status what events go to.
func (s *Syslog) Where() (journald bool, path string) { return false, s.Path }
