//go:build !linux && !darwin && !windows

package tcptable

import (
	"context"
	"errors"
)

func rows(context.Context, string, uint16) ([]Row, error) { return nil, errors.ErrUnsupported }

func listeners(context.Context, string, bool, uint16) ([]Row, error) {
	return nil, errors.ErrUnsupported
}

func identify(_ context.Context, rows []Row) []Row { return rows }
