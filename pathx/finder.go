package pathx

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
)

var (
	// ErrUntrusted is in the error for a file that others could have changed; see [Trust] and
	// [UntrustedError].
	ErrUntrusted = errors.New("pathx: not trusted")

	// ErrNotRegular is in the error for a directory, device, pipe or socket in the place of a file.
	// For a directory it is syscall.EISDIR too.
	ErrNotRegular = errors.New("pathx: not a regular file")

	// ErrName is in the error for a name or path that is not allowed here, or would not work on
	// every system; see [CheckName] and [Join].
	ErrName = errors.New("pathx: bad name")

	// ErrSkipped is the Err of an [Attempt] at a place that the search does not use. The hint says
	// why.
	ErrSkipped = errors.New("pathx: skipped")

	// ErrNotReached is the Err of an [Attempt] at a place that has a file too, which an earlier
	// place keeps from being taken. Only [Finder.Explain] goes there.
	ErrNotReached = errors.New("pathx: an earlier place decides")
)

// A Finder says which file a program wants. Its methods look in this order:
//
//  1. Flag, if not empty;
//  2. the variable that EnvVar names, if it is set and not empty;
//  3. beside the executable, as it was launched and then with links resolved;
//  4. the user's places;
//  5. the system's places;
//  6. the working directory, if WorkDir is set.
//
// Flag and variable are binding: if one is given, no other place is looked at. Else only "does not
// exist" goes on to the next place. A file that is there but can't be read, is a directory or is
// not trusted stops the search with an error, so that a program never runs with another
// configuration than it was meant to.
//
// In each directory the names are tried in the order of Names. Beside the executable only those
// that carry the app's name are: in /usr/local/bin a config.json could be anybody's. The executable
// that "go run" makes for one run is passed over.
//
// A Finder may be used by many goroutines at once.
type Finder struct {
	// App is the application's name: the folder of its user and system files.
	App string

	// Names are the names of the file, the preferred one first. Default: App with ".json".
	Names []string

	// Flag is the value of the program's flag for the file; "-" is the standard input, read from a
	// handle of its own. It may name a pipe, as in
	// -config <(sops -d orders.json). A relative path is
	// taken against the start directory: the one that is current when a Finder meets the first
	// relative path. If the program changes its directory later, the path means the same file as
	// before.
	Flag string

	// EnvVar is the name of the environment variable that names the file. Its value is used like
	// Flag, except for "-", which is a file's name there.
	EnvVar string

	// WorkDir adds the working directory as the last place. It is a convenience for tools: for a
	// service it is System32 or the root directory.
	WorkDir bool

	// Trust says whose files are taken. The zero value is right for services.
	Trust Trust
}

// Open returns the file that the search ends with, open for reading. The file was opened once and
// all checks were made on that handle, so that no one can swap the file between check and use; if
// it is replaced in the meantime, the new file is opened and checked instead. Read from it rather
// than opening its path again. The caller closes it.
//
// The error is a [*NotFoundError] if there is no file, and a [*StopError] if there is one that
// can't be used; both list all places that were looked at. Other errors are a bad App or Names
// ([ErrName]). Only a NotFoundError is fs.ErrNotExist.
//
// A flag or variable may name a pipe, which must belong to an account that is trusted with a file.
// It can be read once. If it has a name of its own, Open waits until something is written to it,
// for five seconds at most.
//
// On Windows the handle shares everything, as on Unix: the file can be replaced and deleted while
// it is open. A process that has the file open without sharing it, such as a virus scanner, is
// waited for, for half a second at most.
func (f Finder) Open() (*File, error) {
	w := walk{Finder: f}
	if err := w.run(); err != nil {
		return nil, err
	}
	last := len(w.tried) - 1
	switch {
	case w.file != nil:
		return &File{File: w.file, Path: w.tried[last].Path, Source: w.tried[last].Source, Tried: w.tried}, nil
	case w.stopped:
		return nil, &StopError{App: f.App, Tried: w.tried}
	default:
		return nil, &NotFoundError{App: f.App, Tried: w.tried}
	}
}

// Explain makes the walk that Open makes and returns every place with what was found there. Other
// than Open it doesn't end with the place that decides: what comes after it is looked at too, and
// reported with [ErrNotReached] if it has a file that would be good. Nothing stays open.
//
// A bad App or Names makes one attempt without a place.
func (f Finder) Explain() []Attempt {
	w := walk{Finder: f, explain: true}
	if err := w.run(); err != nil {
		return []Attempt{{Err: err, Hint: "fix App or Names of the pathx.Finder"}}
	}
	return w.tried
}

// A File is an open configuration file and how it was found.
type File struct {
	*os.File           // open for reading
	Path     string    // absolute, if the start directory is known; "-" for the standard input
	Source   Source    // the kind of place that it was found in
	Tried    []Attempt // all places up to this one, which is the last
}

// An Attempt is one place of the search and what was found there. It prints as one
// line for a log, also in JSON.
type Attempt struct {
	Source Source
	Path   string
	Err    error  // nil: this file would be taken
	Hint   string // what to do about Err, or why it is so; may be empty
}

// Status returns what was found in a few words that are the same on every system, whatever its
// language.
func (a Attempt) Status() string {
	switch err := a.Err; {
	case err == nil:
		return "taken"
	case errors.Is(err, ErrSkipped):
		return "skipped"
	case errors.Is(err, ErrNotReached):
		return "not reached"
	case errors.Is(err, ErrUntrusted):
		return "not trusted"
	case errors.Is(err, errIsDirectory):
		return "is a directory"
	case errors.Is(err, ErrNotRegular):
		return "not a regular file"
	case errors.Is(err, ErrName):
		return "bad name"
	case isNotExist(err):
		return "does not exist"
	case errors.Is(err, fs.ErrPermission):
		return "access denied"
	default:
		return "failed"
	}
}

// String returns, for example,
//
//	user /home/alice/.config/orders/orders.json: does not exist
//	system /etc/orders/orders.json: not trusted: /etc/orders belongs to uid 1000 (chown root /etc/orders)
func (a Attempt) String() string {
	var b strings.Builder
	if a.Source != 0 {
		b.WriteString(a.Source.String())
	} else {
		b.WriteString("finder") // Explain of a bad one
	}
	if a.Path != "" {
		b.WriteString(" " + a.Path)
	}
	b.WriteString(": " + a.Status())
	if detail := a.Detail(); detail != "" {
		b.WriteString(": " + detail)
	}
	if a.Hint != "" {
		b.WriteString(" (" + a.Hint + ")")
	}
	return b.String()
}

// MarshalText returns String, for JSON and structured logs.
func (a Attempt) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// Detail returns what Err adds to Status, if anything: who could have changed the file, what is
// wrong with a name, an error that has no status of its own.
func (a Attempt) Detail() string {
	var untrusted *UntrustedError
	var name *nameError
	switch {
	case errors.As(a.Err, &untrusted):
		return untrusted.reason()
	case errors.As(a.Err, &name):
		return name.reason()
	case a.Status() == "failed":
		return a.Err.Error()
	}
	return ""
}

// A Source is a kind of place.
type Source uint8

// The kinds of places, in the order of the search.
const (
	FromFlag Source = iota + 1
	FromEnv
	FromExecutable
	FromUser
	FromSystem
	FromWorkDir
)

// String returns one word: flag, env, executable, user, system or workdir.
func (s Source) String() string {
	switch s {
	case FromFlag:
		return "flag"
	case FromEnv:
		return "env"
	case FromExecutable:
		return "executable"
	case FromUser:
		return "user"
	case FromSystem:
		return "system"
	case FromWorkDir:
		return "workdir"
	}
	return fmt.Sprintf("Source(%d)", uint8(s))
}

// MarshalText returns String, for JSON and structured logs.
func (s Source) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// A NotFoundError says that no place has the file. It is fs.ErrNotExist.
type NotFoundError struct {
	App   string
	Tried []Attempt // every place
}

func (e *NotFoundError) Error() string {
	return listing("pathx: found no configuration of "+e.App+"; looked in:", e.Tried)
}

// Is makes errors.Is(err, fs.ErrNotExist) true.
func (e *NotFoundError) Is(target error) bool { return target == fs.ErrNotExist }

// A StopError says that the search ended at a place that has the file, but not one that can be
// used. It wraps the error of that place: fs.ErrPermission, [ErrNotRegular], [ErrUntrusted],
// [ErrName] or the system's own.
type StopError struct {
	App   string
	Tried []Attempt // all places up to that one, which is the last
}

func (e *StopError) Error() string {
	return listing("pathx: can't use a configuration of "+e.App+"; looked in:", e.Tried)
}

// Unwrap returns the error of the last place.
func (e *StopError) Unwrap() error {
	if len(e.Tried) == 0 {
		return nil
	}
	return e.Tried[len(e.Tried)-1].Err
}

func listing(title string, tried []Attempt) string {
	var b strings.Builder
	b.WriteString(title)
	for _, a := range tried {
		b.WriteString("\n\t")
		b.WriteString(a.String())
	}
	return b.String()
}
