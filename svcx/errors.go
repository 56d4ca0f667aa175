package svcx

import (
	"errors"
	"fmt"
	"io/fs"
)

// Errors of the methods that talk to a service manager; compare with errors.Is.
var (
	ErrNotInstalled = errors.New("svcx: the service is not installed")
	// ErrAccessDenied is an [fs.ErrPermission], too.
	ErrAccessDenied error = accessDenied{}
	// ErrMarkedForDelete: Windows removes the service when the last one who
	// holds it open (the Services window, Task Manager, a monitoring agent)
	// lets go.
	ErrMarkedForDelete = errors.New("svcx: the service is marked for deletion")
	ErrAlreadyRunning  = errors.New("svcx: the service runs already")
	ErrNotRunning      = errors.New("svcx: the service does not run")
	// ErrStartFailed: the service ended before it was ready. The error's text
	// has the exit code.
	ErrStartFailed = errors.New("svcx: the service ended while it was starting")
)

type accessDenied struct{}

func (accessDenied) Error() string        { return "svcx: access denied" }
func (accessDenied) Is(target error) bool { return target == fs.ErrPermission }

// ErrHung: Main did not return within StopTimeout, or did not feed the watchdog.
// Only a manager of package svcxtest lets Run return it; otherwise the process
// exits.
var ErrHung = errors.New("svcx: Main hangs")

// Error is a failed request to a service manager.
type Error struct {
	Op      string // "install", "start", …
	Service string
	Kind    error  // one of the package's errors, or nil
	Hint    string // what to do about it, or ""
	Err     error  // what the system said, or nil
}

func (e *Error) Error() string {
	s := fmt.Sprintf("svcx: %s %s", e.Op, e.Service)
	switch {
	case e.Kind != nil && e.Err != nil:
		s += fmt.Sprintf(": %s (%v)", trimPrefix(e.Kind), e.Err)
	case e.Kind != nil:
		s += ": " + trimPrefix(e.Kind)
	case e.Err != nil:
		s += ": " + trimPrefix(e.Err)
	}
	if e.Hint != "" {
		s += ": " + e.Hint
	}
	return s
}

// Unwrap returns Kind and Err.
func (e *Error) Unwrap() []error {
	var errs []error
	for _, err := range [...]error{e.Kind, e.Err} {
		if err != nil {
			errs = append(errs, err)
		}
	}
	return errs
}

func trimPrefix(err error) string {
	const prefix = "svcx: "
	s := err.Error()
	if len(s) > len(prefix) && s[:len(prefix)] == prefix {
		return s[len(prefix):]
	}
	return s
}

// Exit codes of [Main] that are not the service's own.
const (
	exitFailed       = 1
	exitUsage        = 2
	exitStopped      = 3 // status: installed, but not running
	exitNotInstalled = 4
	exitDenied       = 5
	exitHung         = 124 // as of timeout(1)
)

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

// ExitCode returns the exit code of a process that ends with err: 0 for nil,
// what the method ExitCode of an error in its tree says, else 1. A failure's
// code is never 0, nor one of which Unix would leave 0.
func ExitCode(err error) int {
	if err == nil {
		return 0
	}
	type coder interface {
		error
		ExitCode() int
	}
	if coder, ok := errors.AsType[coder](err); ok {
		if code := coder.ExitCode(); code > 0 && code&0xff != 0 {
			return code
		}
	}
	return exitFailed
}
