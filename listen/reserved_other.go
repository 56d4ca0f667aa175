//go:build !windows

package listen

import (
	"context"
	"errors"
)

func reservedText(context.Context) ([]byte, error) { return nil, errors.ErrUnsupported }
