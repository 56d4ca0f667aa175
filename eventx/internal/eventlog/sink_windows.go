package eventlog

import (
	"golang.org/x/sys/windows"

	"github.com/surefoot-go/surefoot/eventx/internal/queue"
)

// open opens the Windows Event Log for a source.
func open(source string) (queue.Sink, error) {
	name, err := windows.UTF16PtrFromString(source)
	if err != nil {
		return nil, err
	}
	// An unregistered source is not an error: its events go to Application.
	h, err := windows.RegisterEventSource(nil, name)
	if err != nil {
		return nil, err
	}
	return &Log{
		Report: func(kind, category uint16, id uint32, inserts []*uint16) error {
			return windows.ReportEvent(h, kind, category, id, 0, uint16(len(inserts)), 0, &inserts[0], nil)
		},
		release: func() error { return windows.DeregisterEventSource(h) },
		Form:    formOf(source),
	}, nil
}
