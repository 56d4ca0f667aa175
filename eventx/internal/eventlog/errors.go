package eventlog

import (
	"errors"
	"io/fs"
)

// Error is one of the errors that package eventx exports. They are constants, so that the exported
// copies need no initialization.
type Error string

const (
	ErrSourceName      Error = "eventx: not a usable source name"
	ErrAccessDenied    Error = "eventx: access denied"
	ErrSourceElsewhere Error = "eventx: the source belongs to another log"
	ErrForeignSource   Error = "eventx: the source belongs to another program"
)

func (e Error) Error() string { return string(e) }

// Is lets ErrAccessDenied match fs.ErrPermission.
func (e Error) Is(target error) bool { return e == ErrAccessDenied && target == fs.ErrPermission }

// ErrUntrustedDir is returned when another user owns the folder for message files. An account that
// can write there controls what Event Viewer, run by an administrator, shows.
var ErrUntrustedDir = errors.New("the folder for message files is not trusted")
