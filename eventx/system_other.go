//go:build !windows && (!unix || darwin)

package eventx

import (
	"errors"
	"fmt"
	"runtime"

	"github.com/surefoot-go/surefoot/eventx/internal/queue"
)

// openSystemSink fails on macOS, too: what goes to its syslog socket has not
// been seen in any log since macOS 12 (golang.org/issue/59229).
func openSystemSink(string) (queue.Sink, error) {
	return nil, fmt.Errorf("no log that a program can write to on %s: %w", runtime.GOOS, errors.ErrUnsupported)
}
