//go:build !linux && !darwin && !windows

package inspect

import (
	"errors"
	"fmt"
	"runtime"
)

func debuggerAttached() (bool, error) {
	return false, fmt.Errorf("inspect: %s doesn't report tracers to a program: %w", runtime.GOOS, errors.ErrUnsupported)
}
