//go:build unix && !darwin

package eventx

import (
	"cmp"
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

type syslog struct {
	*socket
	source string
	stream bool   // messages end in a newline
	limit  int    // what was found to fit into a datagram; 0: syslogLimit
	buf    []byte // scratch
}

// openSyslog connects to the local syslog at one of the paths. It usually takes datagrams, but with
// syslog-ng it may have a stream.
func openSyslog(paths []string, source string) (sink, error) {
	var first error
	for _, path := range paths {
		conn, err := dial(path, unix.SOCK_DGRAM)
		stream := errors.Is(err, unix.EPROTOTYPE)
		if stream {
			conn, err = dial(path, unix.SOCK_STREAM)
		}
		if err == nil {
			return &syslog{socket: conn, source: source, stream: stream}, nil
		}
		first = cmp.Or(first, err)
	}
	return nil, fmt.Errorf("no syslog: %w", first)
}

// write cuts a message that is too large for the system's datagrams, which take 2 KB on a BSD.
func (s *syslog) write(e *entry) (cut bool, err error) {
	const least = 480 // RFC 3164 wants 1,024 to be taken
	for limit := cmp.Or(s.limit, syslogLimit); ; limit /= 2 {
		s.buf, cut = appendSyslog(scratch(s.buf), e, s.source, os.Getpid(), limit)
		if s.stream {
			s.buf = append(s.buf, '\n')
		}
		err := s.send(s.buf, nil)
		switch {
		case err == nil:
			if limit < syslogLimit && cut {
				s.limit = limit // the next one need not try
			}
			return cut, nil
		case !errors.Is(err, unix.EMSGSIZE):
			return false, lost(err)
		case limit < least:
			return false, err
		}
	}
}

// Where tells Status what events go to.
func (s *syslog) Where() (journald bool, path string) { return false, s.path }
