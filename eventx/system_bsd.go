//go:build unix && !linux && !darwin

package eventx

import (
	"github.com/surefoot-go/surefoot/eventx/internal/queue"
	"github.com/surefoot-go/surefoot/eventx/internal/syslog"
)

// openSystemSink opens the local syslog.
func openSystemSink(source string) (queue.Sink, error) {
	return syslog.Open([]string{"/var/run/log", "/dev/log"}, source)
}
