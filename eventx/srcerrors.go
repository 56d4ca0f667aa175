package eventx

import (
	"errors"
	"io/fs"
)

// Errors that are public in package eventx.
var (
	errSourceName            = errors.New("eventx: not a usable source name")
	errAccessDenied    error = accessDenied{}
	errSourceElsewhere       = errors.New("eventx: the source belongs to another log")
	errForeignSource         = errors.New("eventx: the source belongs to another program")
)

type accessDenied struct{}

func (accessDenied) Error() string        { return "eventx: access denied" }
func (accessDenied) Is(target error) bool { return target == fs.ErrPermission }
