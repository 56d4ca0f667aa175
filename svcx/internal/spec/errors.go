package spec

import (
	"errors"
	"fmt"
	"io/fs"
)

// Kind is a sentinel error for errors.Is. Kinds are constants, so that no package has to initialise
// variables for them.
type Kind uint8

// The kinds of errors; package svcx documents them.
const (
	ErrNotInstalled Kind = 1 + iota
	ErrAccessDenied
	ErrMarkedForDelete
	ErrAlreadyRunning
	ErrNotRunning
	ErrStartFailed
	ErrForeign
	ErrStopped
	ErrShutdown
	ErrHung
	ErrUnfed // matches ErrHung, but has the exit code of other failures
)

// Error returns the kind's text, with the prefix "svcx: ".
//
//go:noinline
func (k Kind) Error() string { return "svcx: " + kinds[k] }

var kinds = [...]string{"", "the service is not installed", "access denied", "the service is marked for deletion",
	"the service runs already", "the service does not run", "the service ended while it was starting",
	"the name belongs to another program's service", "the service manager asked for a stop", "the system shuts down", "Main hangs", "Main hangs"}

// Is makes ErrAccessDenied match fs.ErrPermission, and ErrUnfed match ErrHung.
func (k Kind) Is(target error) bool {
	switch k {
	case ErrAccessDenied:
		return target == fs.ErrPermission
	case ErrUnfed:
		return target == ErrHung
	}
	return false
}

// Error is a failed request to a service manager, with advice. Package svcx adds the operation and
// the service.
type Error struct {
	Kind error  // one of the errors above, or nil
	Hint string // what to do about it, or ""
	Err  error  // the system's error, or nil
}

func (e *Error) Error() string {
	s := ""
	switch {
	case e.Kind != nil && e.Err != nil:
		s = TrimPrefix(e.Kind) + " (" + e.Err.Error() + ")"
	case e.Kind != nil:
		s = TrimPrefix(e.Kind)
	case e.Err != nil:
		s = TrimPrefix(e.Err)
	}
	if e.Hint != "" {
		s += ": " + e.Hint
	}
	return s
}

// Unwrap returns Kind and Err. Inlined, it would add 350 bytes to the binary.
//
//go:noinline
func (e *Error) Unwrap() (errs []error) {
	if e.Kind != nil {
		errs = append(errs, e.Kind)
	}
	if e.Err != nil {
		errs = append(errs, e.Err)
	}
	return errs
}

// First returns the first *Error in the chain of err, following the first of several wrapped
// errors, or nil.
func First(err error) *Error {
	for err != nil {
		switch e := err.(type) {
		case *Error:
			return e
		case interface{ Unwrap() []error }:
			err = e.Unwrap()[0]
		default:
			err = errors.Unwrap(err)
		}
	}
	return nil
}

// Fail returns an *Error. Inlined in thirty places, it would add 5 kB to the binary.
//
//go:noinline
func Fail(kind, err error, hint string) error { return &Error{Kind: kind, Hint: hint, Err: err} }

// Errorf is fmt.Errorf. Inlined, it would add 4 kB to the binary.
//
//go:noinline
func Errorf(format string, args ...any) error { return fmt.Errorf(format, args...) }

// Join is like errors.Join, but returns a single non-nil error unchanged.
func Join(errs ...error) (joined error) {
	for _, err := range errs {
		switch {
		case joined == nil:
			joined = err
		case err != nil:
			joined = fmt.Errorf("%w\n%w", joined, err)
		}
	}
	return joined
}

// TrimPrefix returns the error's text without the prefix "svcx: ".
func TrimPrefix(err error) string {
	const prefix = "svcx: "
	s := err.Error()
	if len(s) > len(prefix) && s[:len(prefix)] == prefix {
		return s[len(prefix):]
	}
	return s
}

// Exit codes other than those of Main's errors.
const (
	ExitFailed       = 1
	ExitUsage        = 2
	ExitStopped      = 3 // status: installed, but not running
	ExitNotInstalled = 4
	ExitDenied       = 5
	ExitHung         = 124 // as used by timeout(1)
)

// ExitCode returns the exit code of a process that ends with err; see svcx.ExitCode.
func ExitCode(err error) int {
	if err == nil {
		return 0
	}
	if code, ok := exitCode(err); ok && code > 0 && code&0xff != 0 {
		return code
	}
	return ExitFailed
}

// exitCode returns the first exit code in the tree of err.
func exitCode(err error) (code int, ok bool) {
	switch e := err.(type) {
	case Kind:
		return ExitHung, e == ErrHung
	case interface{ ExitCode() int }:
		return e.ExitCode(), true
	case interface{ Unwrap() error }:
		return exitCode(e.Unwrap())
	case interface{ Unwrap() []error }:
		for _, err := range e.Unwrap() {
			if code, ok = exitCode(err); ok {
				break
			}
		}
	}
	return code, ok
}
