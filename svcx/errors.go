package svcx

import (
	"fmt"

	"github.com/surefoot-go/surefoot/svcx/internal/spec"
)

// Errors returned by the methods that use a service manager. Compare them with errors.Is.
var (
	ErrNotInstalled error = spec.ErrNotInstalled
	// ErrAccessDenied also matches [io/fs.ErrPermission].
	ErrAccessDenied error = spec.ErrAccessDenied
	// ErrMarkedForDelete indicates that Windows will remove the service once the last program that
	// has it open (the Services window, Task Manager, a monitoring agent) closes it.
	ErrMarkedForDelete error = spec.ErrMarkedForDelete
	ErrAlreadyRunning  error = spec.ErrAlreadyRunning
	ErrNotRunning      error = spec.ErrNotRunning
	// ErrStartFailed indicates that the service ended before it was ready. The error's text
	// contains the exit code.
	ErrStartFailed error = spec.ErrStartFailed
	// ErrForeign indicates that the name belongs to another program's service. In that case Install
	// and Uninstall change nothing unless [Service].Force is set.
	ErrForeign error = spec.ErrForeign
)

// ErrHung indicates that Main did not become ready within StartTimeout, did not return within
// StopTimeout, or did not feed the watchdog. Run returns ErrHung only under a manager of package
// svcxtest; otherwise the process exits.
var ErrHung error = spec.ErrHung

// Error is a failed request to a service manager.
type Error struct {
	Op      string // "install", "start", …
	Service string
	Kind    error  // one of the errors of this package, or nil
	Hint    string // what to do about it, or ""
	Err     error  // the system's error, or nil
}

func (e *Error) Error() string {
	return "svcx: " + e.Op + " " + e.Service + ": " + e.cause().Error()
}

// Unwrap returns Kind and Err.
func (e *Error) Unwrap() []error { return e.cause().Unwrap() }

func (e *Error) cause() *spec.Error { return &spec.Error{Kind: e.Kind, Hint: e.Hint, Err: e.Err} }

// fail adds the operation and the service to a back end's error.
func (s *Service) fail(op string, err error) error {
	known := spec.First(err)
	switch {
	case known == nil:
		return err
	case err != error(known): // err joins it with errors of the undo
		known = &spec.Error{Kind: known.Kind, Err: err}
	}
	return &Error{Op: op, Service: s.Name, Kind: known.Kind, Hint: known.Hint, Err: known.Err}
}

// ExitError is an error with an exit code.
type ExitError struct {
	Code int
	Err  error
}

func (e *ExitError) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("svcx: exit code %d", e.Code)
	}
	return e.Err.Error()
}

func (e *ExitError) Unwrap() error { return e.Err }

// ExitCode returns Code.
func (e *ExitError) ExitCode() int { return e.Code }

// ExitCode returns the exit code of a process that ends with err: 0 for nil, otherwise the result
// of the ExitCode method of an error in err's tree, or 1 if there is none. For a non-nil error the
// code is never 0, nor a multiple of 256, which Unix would truncate to 0.
func ExitCode(err error) int { return spec.ExitCode(err) }
