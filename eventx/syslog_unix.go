//go:build unix && !darwin

package eventx

import (
	"cmp"
	"fmt"
	"net"
	"os"
	"time"
)

// syslogSockets are where a system's syslog may listen. They are a variable for
// the tests' sake.
var syslogSockets = []string{"/dev/log", "/var/run/log"} // the latter on BSD

// sendTimeout is how long a log daemon may leave its socket full before it
// counts as hung.
const sendTimeout = 250 * time.Millisecond

type syslog struct {
	conn   net.Conn
	source string
	buf    []byte // scratch
}

func openSyslog(source string) (sink, error) {
	var first error
	for _, path := range syslogSockets {
		conn, err := net.Dial("unixgram", path)
		if err == nil {
			return &syslog{conn: conn, source: source}, nil
		}
		first = cmp.Or(first, err)
	}
	return nil, fmt.Errorf("no syslog: %w", first)
}

func (s *syslog) write(e *entry) (cut bool, err error) {
	s.buf, cut = appendSyslog(scratch(s.buf), e, s.source, os.Getpid())
	if err := s.conn.SetWriteDeadline(time.Now().Add(sendTimeout)); err != nil {
		return false, lost(err)
	}
	if _, err := s.conn.Write(s.buf); err != nil {
		return false, lost(err)
	}
	return cut, nil
}

func (s *syslog) state() State {
	return State{Mode: Syslog, Log: s.conn.RemoteAddr().String(), Note: "there is no journald: attributes are part of the line"}
}

func (s *syslog) close() error { return s.conn.Close() }
