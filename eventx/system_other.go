//go:build !windows && (!unix || darwin)

package eventx

import (
	"errors"
	"fmt"
	"runtime"

	"github.com/surefoot-go/surefoot/eventx/internal/queue"
)

// openSystemSink fails on macOS as well: since macOS 12 no log shows what is written to its syslog
// socket (golang.org/issue/59229).
func openSystemSink(string) (queue.Sink, error) {
	return nil, fmt.Errorf("no log that a program can write to on %s: %w", runtime.GOOS, errors.ErrUnsupported)
}
