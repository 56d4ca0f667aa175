//go:build !linux

package journal

import (
	"errors"

	"github.com/surefoot-go/surefoot/eventx/internal/queue"
)

func open(string, string) (queue.Sink, error) { return nil, errors.ErrUnsupported }
