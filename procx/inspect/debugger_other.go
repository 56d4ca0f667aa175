//go:build !linux && !darwin && !windows

package inspect

import (
	"errors"
	"fmt"
	"runtime"
)

func debuggerAttached() (bool, error) {
	return false, fmt.Errorf("inspect: %s doesn't tell a program of its tracer: %w", runtime.GOOS, errors.ErrUnsupported)
}
