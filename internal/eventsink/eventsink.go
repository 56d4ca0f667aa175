// Package eventsink lets code of this module outside of package eventx, such as
// its benchmarks, take the place of the Windows Event Log on any system.
package eventsink

// ReportFunc is ReportEventW for one source: the type, category and ID of an
// event, and its insertion strings, which end in a NUL and are valid during the
// call.
type ReportFunc func(kind, category uint16, id uint32, inserts []*uint16) error

// Report, if it is set before a handler is made, takes all events of handlers
// in the form that the Windows Event Log gets, instead of the system's log.
var Report ReportFunc
