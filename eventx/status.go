package eventx

import "fmt"

// Mode is how a source's events reach an operator.
type Mode uint8

const (
	// Unregistered: the Windows Event Log takes the events, under the ID 3299 and with their own ID
	// as an attribute. Filters by ID don't find them.
	Unregistered Mode = iota
	// OwnFile: registered by Install, with every ID, text and category.
	OwnFile
	// DotNetFile: registered with .NET's EventLogMessages.dll: every ID, no texts.
	DotNetFile
	// EventCreate: registered with EventCreate.exe, which has the IDs 1–1000. Others are written as
	// ID 1, with their own as an attribute.
	EventCreate
	// ForeignFile: registered with another program's message file, or as a provider with a
	// manifest. The file is taken to have every ID with one insertion string. With netmsg.dll,
	// which has only Windows' own IDs, or with no file but the manifest's, events are written as if
	// unregistered.
	ForeignFile
	// BrokenFile: registered with message files none of which exists. Events are written as if
	// unregistered. Install repairs it.
	BrokenFile
	// Journald: events go to systemd's journal.
	Journald
	// Syslog: events go to the local syslog.
	Syslog
	// Stderr: there is no log here, events go to the handler's Fallback.
	Stderr
)

var modeNames = []string{
	Unregistered: "unregistered", OwnFile: "own message file", DotNetFile: ".NET message file", EventCreate: "EventCreate.exe",
	ForeignFile: "foreign message file", BrokenFile: "missing message file", Journald: "journald", Syslog: "syslog", Stderr: "standard error",
}

// String returns the mode in words.
func (m Mode) String() string {
	if int(m) < len(modeNames) {
		return modeNames[m]
	}
	return fmt.Sprintf("Mode(%d)", uint8(m))
}

// State is what Status finds.
type State struct {
	Mode        Mode
	Log         string // the Windows log, or the socket, that events go to
	MessageFile string // Windows: what is registered
	Note        string // what could be better, and how; "": nothing
}

// Status says where the events of a source go and in what form, as a handler that is opened now
// would write them. It changes nothing and needs no rights. The error wraps [ErrSourceName] for a
// name that can't be a source's.
func Status(name string) (State, error) {
	if err := checkSourceName(name); err != nil {
		return State{}, err
	}
	return status(name)
}
