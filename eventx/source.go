package eventx

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/surefoot-go/surefoot/internal/msgtable"
)

// Errors of Install and Uninstall, for errors.Is.
var (
	// ErrAccessDenied: registering needs administrator rights. It is an
	// [fs.ErrPermission], too.
	ErrAccessDenied error = accessDenied{}
	// ErrSourceElsewhere: the source belongs to another log than the one that
	// was asked for. A source can belong to one only.
	ErrSourceElsewhere = errors.New("eventx: the source belongs to another log")
	// ErrForeignSource: the source was not registered by this package or one
	// like it, and is left alone.
	ErrForeignSource = errors.New("eventx: the source is somebody else's")
)

type accessDenied struct{}

func (accessDenied) Error() string        { return "eventx: access denied" }
func (accessDenied) Is(target error) bool { return target == fs.ErrPermission }

// defaultLog is where services log unless they have a log of their own.
const defaultLog = "Application"

// Source describes an event source to register.
type Source struct {
	// Name is the name that NewHandler is given: at most 212 UTF-16 units,
	// without backslash, and not the name of a log.
	Name string

	// Log is the log that the source belongs to; "": Application. A log that
	// does not exist is made.
	Log string

	// Events may give event IDs a text of their own. All others show just the
	// event.
	Events []Event

	// Categories are the names of the categories 1, 2, …
	Categories []string
}

// Event is the text that Event Viewer shows for an event ID. A %1 in it stands
// for the event's message and attributes; if there is none, they follow the
// text.
type Event struct {
	ID   uint16
	Text string
}

// Install registers s with the Windows Event Log, so that its events are shown
// with their IDs, texts and categories. It makes whatever is missing or wrong
// as it should be, and says whether there was anything: calling it again, after
// an update for instance, is fine.
//
// The message file that it registers is its own, msg-HASH.dll, made by this
// package with all 65,536 IDs, in a folder under %ProgramData% that only
// administrators can write to; one that somebody else has made there first is
// refused. The service's own program is never registered:
// Event Viewer would keep it open, and updates would fail. Where the file can't
// be made, .NET Framework's EventLogMessages.dll serves, and in its absence
// EventCreate.exe, which has the IDs 1–1000; see [Status].
//
// Install needs administrator rights: otherwise its error wraps
// [ErrAccessDenied]. It wraps [ErrSourceElsewhere] if the source belongs to
// another log (Uninstall it first; Windows notices a move only after a restart,
// as Microsoft's "EventLog.CreateEventSource" says), [ErrForeignSource] if the
// name is that of a provider with a manifest, and [ErrSourceName] if it can't be
// a source's. On other systems, whose logs take any source, it checks s and
// returns an error that wraps [errors.ErrUnsupported].
func Install(s Source) (changed bool, err error) {
	s, err = s.check()
	if err != nil {
		return false, err
	}
	files, err := s.messageFiles()
	if err != nil {
		return false, err
	}
	return install(s, files)
}

// Uninstall takes back what [Install] did, in whichever log the source is. Its
// past events then lack their description. A source that is not registered is
// no error. Its own errors are those of Install; it refuses with
// [ErrForeignSource] to remove a source whose message file is none of those that
// Install uses.
func Uninstall(name string) error {
	if err := checkSourceName(name); err != nil {
		return err
	}
	return uninstall(name)
}

// OnInstall is Install in the shape of a service's hook: it is content where
// there is nothing to install.
func (s Source) OnInstall(context.Context) error {
	_, err := Install(s)
	if errors.Is(err, errors.ErrUnsupported) {
		return nil
	}
	return err
}

// OnUninstall is Uninstall in the shape of a service's hook: it is content where
// there is nothing to uninstall.
func (s Source) OnUninstall(context.Context) error {
	err := Uninstall(s.Name)
	if errors.Is(err, errors.ErrUnsupported) {
		return nil
	}
	return err
}

// check returns s with its defaults.
func (s Source) check() (Source, error) {
	if err := checkSourceName(s.Name); err != nil {
		return s, err
	}
	if s.Log == "" {
		s.Log = defaultLog
	}
	switch {
	case strings.ContainsAny(s.Log, `\/*?"<>|:`) || strings.ContainsFunc(s.Log, func(r rune) bool { return r < ' ' }):
		return s, fmt.Errorf("eventx: source %q: %q can't be a log's name: it is also a file's", s.Name, s.Log)
	case strings.EqualFold(s.Log, s.Name):
		return s, fmt.Errorf("%w: %q is the name of its log", ErrSourceName, s.Name)
	case strings.EqualFold(s.Log, "Security"):
		return s, fmt.Errorf("eventx: source %q: only Windows itself writes to the log Security", s.Name)
	}
	seen := make(map[uint16]bool)
	for _, e := range s.Events {
		if seen[e.ID] {
			return s, fmt.Errorf("eventx: source %q: event %d is declared twice", s.Name, e.ID)
		}
		seen[e.ID] = true
	}
	if len(s.Categories) > 1<<16-1 {
		return s, fmt.Errorf("eventx: source %q: %d categories are more than 65,535", s.Name, len(s.Categories))
	}
	return s, nil
}

// messageFiles are the contents of what Install puts on disk. Categories have a
// file of their own, since category 1 and event 1 would both be its message 1.
type messageFiles struct {
	messages   []byte
	categories []byte // nil: none
}

func (s Source) messageFiles() (f messageFiles, err error) {
	events := msgtable.Table{Rest: "%1", Texts: make(map[uint16]string)}
	for _, e := range s.Events {
		text, inserts := msgtable.Template(e.Text)
		if !inserts {
			text += "\r\n\r\n%1"
		}
		events.Texts[e.ID] = text
	}
	if f.messages, err = events.DLL(); err != nil {
		return f, fmt.Errorf("eventx: source %q: events: %w", s.Name, err)
	}
	if len(s.Categories) == 0 {
		return f, nil
	}
	categories := msgtable.Table{Texts: make(map[uint16]string)}
	for i, name := range s.Categories {
		categories.Texts[uint16(i+1)] = strings.ReplaceAll(name, "%", "%%") // a name has no insertion strings
	}
	if f.categories, err = categories.DLL(); err != nil {
		return f, fmt.Errorf("eventx: source %q: categories: %w", s.Name, err)
	}
	return f, nil
}
