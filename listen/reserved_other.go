//go:build !windows

package listen

import (
	"context"
	"errors"
)

func showExcluded(context.Context, string, string) ([]byte, error) { return nil, errors.ErrUnsupported }
