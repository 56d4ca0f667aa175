//go:build !windows

package eventx

import (
	"context"

	"github.com/surefoot-go/surefoot/eventx/internal/journal"
	"github.com/surefoot-go/surefoot/eventx/internal/queue"
	"github.com/surefoot-go/surefoot/eventx/internal/reading"
)

// maxEvent is the maximum size of a queued event in bytes: journald accepts events of any size.
const maxEvent = queue.MaxText

// journalctl is swapped by tests.
var journalctl = "journalctl"

func query(ctx context.Context, f reading.Filter, yield func(reading.Record) bool) error {
	return journal.Query(ctx, journalctl, f, yield)
}

func status(name string) (State, error) {
	s, err := openSystemSink(name)
	if err != nil {
		return State{Mode: Stderr, Note: err.Error()}, nil
	}
	defer s.Close()
	journald, path := s.(interface{ Where() (bool, string) }).Where()
	if journald {
		return State{Mode: Journald, Log: path}, nil
	}
	return State{Mode: Syslog, Log: path, Note: "there is no journald: attributes are part of the line"}, nil
}
