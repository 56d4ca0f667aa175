//go:build !linux && !darwin && !windows

package listen

import (
	"context"
	"errors"
)

func tcpRows(context.Context, uint16) ([]row, error) { return nil, errors.ErrUnsupported }

func identify(_ context.Context, rows []row) []row { return rows }

func firstOpenPort() int { return 1024 }
