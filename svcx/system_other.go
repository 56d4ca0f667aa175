//go:build !windows && !linux && !darwin

package svcx

import (
	"errors"
	"runtime"

	"github.com/surefoot-go/surefoot/svcx/internal/spec"
)

func openBackend(bool) (spec.Backend, error) {
	return nil, spec.Fail(errors.ErrUnsupported, nil, "svcx knows no service manager on "+runtime.GOOS+": start the program by the system's own means")
}
