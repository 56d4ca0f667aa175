package eventx

import (
	"golang.org/x/sys/windows"
)

// openEventLog opens the Windows Event Log for a source.
func openEventLog(source string) (sink, error) {
	name, err := windows.UTF16PtrFromString(source)
	if err != nil {
		return nil, err
	}
	// An unregistered source is no error: its events go to Application.
	h, err := windows.RegisterEventSource(nil, name)
	if err != nil {
		return nil, err
	}
	return &eventLog{
		report: func(kind, category uint16, id uint32, inserts []*uint16) error {
			return windows.ReportEvent(h, kind, category, id, 0, uint16(len(inserts)), 0, &inserts[0], nil)
		},
		release: func() error { return windows.DeregisterEventSource(h) },
		form:    formOf(source),
	}, nil
}
