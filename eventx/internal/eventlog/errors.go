package eventlog

import (
	"errors"
	"io/fs"
)

// Errors that are public in package eventx.
var (
	ErrSourceName            = errors.New("eventx: not a usable source name")
	ErrAccessDenied    error = accessDenied{}
	ErrSourceElsewhere       = errors.New("eventx: the source belongs to another log")
	ErrForeignSource         = errors.New("eventx: the source belongs to another program")
)

// ErrUntrustedDir is returned when another user owns the folder that message files belong in. Whoever can
// write there could have Event Viewer, run by an administrator, show what they like.
var ErrUntrustedDir = errors.New("the folder for message files is not to be trusted")

type accessDenied struct{}

func (accessDenied) Error() string        { return "eventx: access denied" }
func (accessDenied) Is(target error) bool { return target == fs.ErrPermission }
