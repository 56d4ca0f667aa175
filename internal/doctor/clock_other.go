//go:build unix && !linux

package doctor

import (
	"context"
	"errors"
	"fmt"
	"runtime"
)

func gatherClock(context.Context, *inquiry) (*ClockFacts, error) {
	return nil, fmt.Errorf("the clock of %s: %w", runtime.GOOS, errors.ErrUnsupported)
}
