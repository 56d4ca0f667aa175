package inspect

import (
	"errors"
	"strings"
)

// traced finds the tracer in the text of /proc/self/status (proc_pid_status(5)).
func traced(status string) (bool, error) {
	for line := range strings.Lines(status) {
		if pid, ok := strings.CutPrefix(line, "TracerPid:"); ok {
			return strings.TrimSpace(pid) != "0", nil
		}
	}
	return false, errors.New("inspect: no TracerPid in /proc/self/status")
}
