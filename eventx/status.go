package eventx

import "fmt"

// Mode is how a source's events are stored and shown.
type Mode uint8

const (
	// Unregistered means that the Windows Event Log stores the events under the ID 3299, with their
	// own ID as an attribute. Filters by ID don't find them.
	Unregistered Mode = iota
	// OwnFile means registered by Install, with every ID, text and category.
	OwnFile
	// DotNetFile means registered with .NET's EventLogMessages.dll, which has every ID but no
	// texts.
	DotNetFile
	// EventCreate means registered with EventCreate.exe, which has the IDs 1–1000. Events with
	// other IDs are written as ID 1, with their own as an attribute.
	EventCreate
	// ForeignFile means registered with another program's message file, or as a provider with a
	// manifest. The file is assumed to have every ID with one insertion string. With netmsg.dll,
	// which only has Windows' own IDs, or with no file but the manifest's, events are written as if
	// unregistered.
	ForeignFile
	// BrokenFile means registered with message files none of which exists. Events are written as if
	// unregistered. Install repairs this.
	BrokenFile
	// Journald means that events go to systemd's journal.
	Journald
	// Syslog means that events go to the local syslog.
	Syslog
	// Stderr means that there is no system log and events go to the handler's Fallback.
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

// State is the result of Status.
type State struct {
	Mode        Mode
	Log         string // the Windows log, or the socket, that events go to
	MessageFile string // Windows: the registered file
	Note        string // a suggested improvement, or ""
}

// Status returns where and in what form a handler opened now would write the events of a source. It
// changes nothing and needs no special rights. The error wraps [ErrSourceName] if name is not a
// valid source name.
func Status(name string) (State, error) {
	if err := checkSourceName(name); err != nil {
		return State{}, err
	}
	return status(name)
}
