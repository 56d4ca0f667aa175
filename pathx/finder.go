package pathx

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
)

var (
	// ErrUntrusted is returned, wrapped, for a file that others could have changed; see [Trust] and
	// [UntrustedError].
	ErrUntrusted = errors.New("pathx: not trusted")

	// ErrNotRegular is returned, wrapped, if a directory, device, pipe or socket was found instead
	// of a file. For a directory the error also matches syscall.EISDIR.
	ErrNotRegular = errors.New("pathx: not a regular file")

	// ErrName is returned, wrapped, for a name or path that is not allowed or would not work on
	// every system; see [CheckName] and [Join].
	ErrName = errors.New("pathx: bad name")

	// ErrSkipped is the Err of an [Attempt] at a place that the search skips. Its Hint says why.
	ErrSkipped = errors.New("pathx: skipped")

	// ErrNotReached is the Err of an [Attempt] whose file is shadowed by one found earlier. Only
	// [Finder.Explain] reports it.
	ErrNotReached = errors.New("pathx: an earlier place decides")
)

// A Finder describes the configuration file that a program wants. Its methods search these places
// in order:
//
//  1. Flag, if not empty;
//  2. the variable that EnvVar names, if it is set and not empty;
//  3. beside the executable, as it was launched and then with links resolved;
//  4. the user's directories;
//  5. the system's directories;
//  6. the working directory, if WorkDir is set.
//
// Flag and variable are binding: if one is given, no other place is searched. Otherwise the search
// continues only past places where the file does not exist. A file that can't be read, is a
// directory or is not trusted stops the search with an error, so that a program never runs with a
// configuration other than the intended one.
//
// In each directory the names are tried in the order of Names. Beside the executable only names
// that contain the app's name are tried, because a config.json in /usr/local/bin could belong to
// any program. The directory of a temporary "go run" executable is skipped.
//
// A Finder is safe for concurrent use.
type Finder struct {
	// App is the application's name: the folder of its user and system files.
	App string

	// Names are the names of the file, the preferred one first. Default: App with ".json".
	Names []string

	// Flag is the value of the program's flag for the file; "-" means standard input, read from a
	// duplicated handle. It may name a pipe, as in -config <(sops -d orders.json). A relative path
	// is resolved against the start directory: the working directory at the time a Finder first
	// meets a relative path. If the program changes its working directory later, the path still
	// refers to the same file.
	Flag string

	// EnvVar is the name of the environment variable that names the file. Its value is used like
	// Flag, except that "-" is an ordinary file name.
	EnvVar string

	// WorkDir adds the working directory as the last place. It is a convenience for tools; the
	// working directory of a service is System32 or the root directory.
	WorkDir bool

	// Trust determines whose files are accepted. The zero value is right for services.
	Trust Trust
}

// Open searches for the file and opens it for reading. The file is opened once and all checks are
// made on that handle, so that no one can swap the file between check and use; if it is replaced in
// the meantime, the new file is opened and checked instead. Read from the returned File rather than
// opening its path again. The caller must close it.
//
// The error is a [*NotFoundError] if there is no file, and a [*StopError] if there is one that
// can't be used; both list all places that were searched. An invalid App or Names is an error that
// matches [ErrName]. Only a NotFoundError matches fs.ErrNotExist.
//
// A flag or variable may name a pipe, which must belong to an account whose files are trusted. It
// can be read once. For a named pipe, Open waits up to five seconds until something is written to
// it.
//
// On Windows the handle shares all access, so that the file can be replaced and deleted while it is
// open, as on Unix. If another process, such as a virus scanner, has the file open without sharing
// it, Open waits for up to half a second.
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

// Explain performs the same search as Open and returns every place with the result. Unlike Open it
// continues after the place that decides, and reports usable files in later places with
// [ErrNotReached]. No file remains open.
//
// If App or Names is invalid, Explain returns one Attempt without a place.
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
	Source   Source    // the kind of place where it was found
	Tried    []Attempt // all places up to and including this one
}

// An Attempt is one place of the search and the result there. It prints as a single log line, also
// in JSON.
type Attempt struct {
	Source Source
	Path   string
	Err    error  // nil: this file would be taken
	Hint   string // what to do about Err, or its reason; may be empty
}

// Status returns the result in a few words that are the same on every system and in every language.
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
		b.WriteString("finder") // App or Names is invalid
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
// wrong with a name, or an error that has no status of its own.
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

// A NotFoundError reports that the file was not found in any place. It matches fs.ErrNotExist.
type NotFoundError struct {
	App   string
	Tried []Attempt // every place
}

func (e *NotFoundError) Error() string {
	return listing("pathx: found no configuration of "+e.App+"; looked in:", e.Tried)
}

// Is reports whether target is fs.ErrNotExist.
func (e *NotFoundError) Is(target error) bool { return target == fs.ErrNotExist }

// A StopError reports that the search ended at a file that can't be used. It wraps the error of
// that place: fs.ErrPermission, [ErrNotRegular], [ErrUntrusted], [ErrName] or a system error.
type StopError struct {
	App   string
	Tried []Attempt // all places up to and including that one
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
