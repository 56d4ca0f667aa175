//go:build !windows

package eventx

import "context"

// maxEvent is how many bytes of an event may wait for the log: journald takes any event whole.
const maxEvent = maxText

// journalctl is a variable for the tests' sake.
var journalctl = "journalctl"

func query(ctx context.Context, f filter, yield func(record) bool) error {
	return queryJournal(ctx, journalctl, f, yield)
}

func status(name string) (State, error) {
	s, err := openSystemSink(name)
	if err != nil {
		return State{Mode: Stderr, Note: err.Error()}, nil
	}
	defer s.close()
	if journald, path := s.(interface{ Where() (bool, string) }).Where(); journald {
		return State{Mode: Journald, Log: path}, nil
	} else {
		return State{Mode: Syslog, Log: path, Note: "there is no journald: attributes are part of the line"}, nil
	}
}
