package eventx

import (
	"errors"
	"fmt"
	"io/fs"

	"golang.org/x/sys/unix"

	"github.com/surefoot-go/surefoot/eventx/internal/journal"
	"github.com/surefoot-go/surefoot/eventx/internal/queue"
	"github.com/surefoot-go/surefoot/eventx/internal/syslog"
)

// Variables, to be swapped by tests.
var (
	journalSocket = "/run/systemd/journal/socket"
	syslogSockets = []string{"/dev/log", "/var/run/log"}
)

// openSystemSink opens journald or, if there is none, /dev/log.
func openSystemSink(source string) (queue.Sink, error) {
	s, err := journal.Open(journalSocket, source)
	if !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, unix.ECONNREFUSED) { // no socket, or no process behind it
		return s, err
	}
	if s, err = syslog.Open(syslogSockets, source); err != nil {
		return nil, fmt.Errorf("no journald, %w", err)
	}
	return s, nil
}
