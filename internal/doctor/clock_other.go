//go:build unix && !linux

package doctor

import (
	"errors"
	"fmt"
	"runtime"
)

func kernelClock() (*bool, error) {
	return nil, fmt.Errorf("%s: %w", runtime.GOOS, errors.ErrUnsupported)
}
