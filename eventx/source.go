package eventx

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/surefoot-go/surefoot/eventx/internal/eventlog"
	"github.com/surefoot-go/surefoot/internal/msgtable"
)

// Errors of Install and Uninstall, for errors.Is.
var (
	// ErrAccessDenied is returned when registering requires administrator rights that this account
	// lacks. It matches [fs.ErrPermission].
	ErrAccessDenied error = eventlog.ErrAccessDenied
	// ErrSourceElsewhere is returned when the source already belongs to another log. A source can
	// belong to only one.
	ErrSourceElsewhere error = eventlog.ErrSourceElsewhere
	// ErrForeignSource is returned when the source or the log belongs to another program: it has an
	// existing message file other than those that Install, .NET or EventCreate.exe registers, its
	// provider has a manifest, or the log was not created by Install. Nothing is changed.
	ErrForeignSource error = eventlog.ErrForeignSource
)

// defaultLog is the log of services without a log of their own.
const defaultLog = "Application"

// Source describes an event source to register.
type Source struct {
	// Name is the name passed to NewHandler. It has at most 212 UTF-16 units, contains no
	// backslash, does not begin or end with a space or end in a dot, and is not the name of a log.
	Name string

	// Log is the log that the source belongs to; "" means Application. Install creates a log that
	// does not exist.
	Log string

	// MaxSize is the maximum size in bytes of a log that Install creates, rounded up to 64 KiB; 0
	// means Windows' default. The limit is 4 GiB less 64 KiB.
	MaxSize int64

	// Retention determines what happens to old events when a log that Install created is full.
	Retention Retention

	// Events optionally define texts for event IDs. Other IDs show only the event.
	Events []Event

	// Categories are the names of the categories 1, 2, …
	Categories []string

	// MessageFile and CategoryFile are the paths of message files that an installer has put in
	// place, created by MessageDLL and CategoryDLL and possibly signed. If empty, Install creates
	// them. Only administrators should be able to write to these files, because they determine what
	// Event Viewer shows.
	MessageFile, CategoryFile string
}

// Retention is the policy of a full log.
type Retention uint8

const (
	Overwrite Retention = iota // the oldest events are overwritten
	Archive                    // the full log is archived in a file, and a new one begins
	Keep                       // new events are rejected and go to the handler's fallback
)

// MessageDLL returns the message file of s that [Install] would create, for an installer to ship
// and sign. The same events always produce the same bytes.
func (s Source) MessageDLL() ([]byte, error) {
	f, err := s.messageFiles()
	return f.messages, err
}

// CategoryDLL returns the file with the names of the categories, or nil if there are none.
func (s Source) CategoryDLL() ([]byte, error) {
	f, err := s.messageFiles()
	return f.categories, err
}

// Event is the text that Event Viewer shows for an event ID. %1 in the text stands for the event's
// message and attributes; without it, they follow the text.
type Event struct {
	ID   uint16
	Text string
}

// Install registers s with the Windows Event Log, so that its events are shown with their IDs,
// texts and categories. It adds missing entries, repairs wrong ones, and reports whether it changed
// anything. It can be called repeatedly, for instance after an update.
//
// Install registers a message file that it creates itself, msg-HASH.dll, with all 65,536 IDs, in a
// folder under %ProgramData% that only administrators can write to. It fails if another user has
// created the folder before. It never registers the service's own program, because Event Viewer
// would keep it open and updates would fail.
//
// Install needs administrator rights; otherwise its error wraps [ErrAccessDenied]. The error wraps
// [ErrForeignSource] if the source or the log belongs to another program. It wraps
// [ErrSourceElsewhere] if the source belongs to another log: uninstall it first, and note that
// Windows notices the move only after a restart (Microsoft, "EventLog.CreateEventSource"). It wraps
// [ErrSourceName] if a name is not valid: a source can't have the name of a log, nor a new log that
// of a source. On other systems, whose logs accept any source, Install checks s and returns an
// error that wraps [errors.ErrUnsupported].
func Install(s Source) (changed bool, err error) {
	s, err = s.check()
	if err != nil {
		return false, err
	}
	files, err := s.messageFiles()
	if err != nil {
		return false, err
	}
	return eventlog.Install(eventlog.Spec{
		Name: s.Name, Log: s.Log, MaxSize: s.MaxSize, Retention: uint8(s.Retention), Categories: len(s.Categories),
		MessageFile: s.MessageFile, CategoryFile: s.CategoryFile, Messages: files.messages, CategoryNames: files.categories,
	})
}

// Uninstall undoes [Install], whichever log the source is in. It removes the source, its message
// files if no other source uses them, and a log that Install created if no other source is in it.
// Past events then lack their description. Uninstall returns nil if the source is not registered.
// The errors are those of Install; ErrForeignSource means that the source belongs to another
// program and was not changed.
func Uninstall(name string) error {
	if err := checkSourceName(name); err != nil {
		return err
	}
	return eventlog.Uninstall(name)
}

// OnInstall is Install as a service's hook. It returns nil on systems where there is nothing to
// install.
func (s Source) OnInstall(context.Context) error {
	_, err := Install(s)
	if errors.Is(err, errors.ErrUnsupported) {
		return nil
	}
	return err
}

// OnUninstall is Uninstall as a service's hook. It returns nil on systems where there is nothing to
// uninstall.
func (s Source) OnUninstall(context.Context) error {
	err := Uninstall(s.Name)
	if errors.Is(err, errors.ErrUnsupported) {
		return nil
	}
	return err
}

// setsLog reports whether s has settings for its log.
func (s Source) setsLog() bool { return s.MaxSize > 0 || s.Retention != Overwrite }

// check validates s and returns it with defaults filled in.
func (s Source) check() (Source, error) {
	if err := checkSourceName(s.Name); err != nil {
		return s, err
	}
	if s.Log == "" {
		s.Log = defaultLog
	}
	switch {
	case strings.ContainsAny(s.Log, `\/*?"<>|:`) || strings.ContainsFunc(s.Log, func(r rune) bool { return r < ' ' }):
		return s, fmt.Errorf("eventx: source %q: %q can't be a log's name, since it is also used as a file name", s.Name, s.Log)
	case strings.TrimSpace(s.Log) != s.Log || strings.HasSuffix(s.Log, "."):
		return s, fmt.Errorf("%w: the log's name %q begins or ends with a space or ends in a dot", ErrSourceName, s.Log)
	case strings.EqualFold(s.Log, s.Name):
		return s, fmt.Errorf("%w: %q is the name of its log", ErrSourceName, s.Name)
	case strings.EqualFold(s.Log, "Security"):
		return s, fmt.Errorf("eventx: source %q: only Windows itself writes to the log Security", s.Name)
	case s.MaxSize < 0 || s.MaxSize > 1<<32-64<<10:
		return s, fmt.Errorf("eventx: source %q: a log's size can't be %d bytes", s.Name, s.MaxSize)
	case s.Retention > Keep:
		return s, fmt.Errorf("eventx: source %q: unknown retention %d", s.Name, s.Retention)
	case s.setsLog() && slices.ContainsFunc(logNames, func(log string) bool { return strings.EqualFold(log, s.Log) }):
		return s, fmt.Errorf("%w: a source can't set the size and retention of the log %q", ErrForeignSource, s.Log)
	}
	for _, file := range []string{s.MessageFile, s.CategoryFile} {
		if file != "" && (len(file) < 4 || file[1:3] != `:\` || strings.ContainsAny(file, `;%"`)) {
			return s, fmt.Errorf("eventx: source %q: %q is not the full path of a message file", s.Name, file)
		}
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

// messageFiles holds the contents of the files that Install writes. Categories have a separate
// file, since category 1 and event 1 would both be message 1.
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
		categories.Texts[uint16(i+1)] = strings.ReplaceAll(name, "%", "%%") // category names have no insertion strings
	}
	if f.categories, err = categories.DLL(); err != nil {
		return f, fmt.Errorf("eventx: source %q: categories: %w", s.Name, err)
	}
	return f, nil
}
