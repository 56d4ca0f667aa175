//go:build !windows && (!unix || darwin)

package eventx

import (
	"errors"
	"fmt"
	"runtime"

	"github.com/surefoot-go/surefoot/eventx/internal/queue"
)

// openSystemSink also fails on macOS: since macOS 12 no log shows messages written to its syslog
// socket (golang.org/issue/59229).
func openSystemSink(string) (queue.Sink, error) {
	return nil, fmt.Errorf("no log that a program can write to on %s: %w", runtime.GOOS, errors.ErrUnsupported)
}
