package process

import (
	"strconv"
	"strings"
	"time"

	"github.com/surefoot-go/surefoot/svcx/internal/spec"
	"github.com/surefoot-go/surefoot/svcx/internal/supervisor"
)

// notification returns the sd_notify(3) message for a change of status, or "" if there is nothing
// to send. OpenRC (since 0.60) waits for READY=1 forever, even after the process has ended, so
// under OpenRC a service that ends before it is ready sends READY=1 too.
func notification(under spec.Manager, last, now supervisor.Status, monotonic func() int64) string {
	var lines []string
	switch {
	case under == spec.OpenRC && last.State == supervisor.StartPending && (now.State == supervisor.StopPending || now.State == supervisor.Stopped):
		lines = append(lines, "READY=1")
	case now.State == supervisor.Stopped && last.State == supervisor.StartPending && now.ExitCode == 0:
		// The service finished quickly. systemd treats an end before READY=1 as a failure.
		lines = append(lines, "READY=1") // systemd uses only the last state in a message
	case now.State == supervisor.StopPending && last.State != supervisor.StopPending:
		lines = append(lines, "STOPPING=1")
	case now.State != supervisor.Running:
	case now.Reloading && !now.Progress:
		lines = append(lines, "RELOADING=1", "MONOTONIC_USEC="+strconv.FormatInt(monotonic(), 10))
	case last.State == supervisor.StartPending, last.Reloading && !now.Reloading:
		lines = append(lines, "READY=1")
	}
	if now.Text != last.Text {
		// The protocol allows only one line.
		lines = append(lines, "STATUS="+strings.NewReplacer("\n", " ", "\x00", " ").Replace(now.Text))
	}
	if now.Progress && now.State.Pending() {
		lines = append(lines, "EXTEND_TIMEOUT_USEC="+strconv.FormatInt(extendBy.Microseconds(), 10))
	}
	return strings.Join(lines, "\n")
}

const extendBy = 30 * time.Second

// systemdVariables reads the variables of sd_notify(3) and sd_watchdog_enabled(3). It returns the
// socket for notifications, and the minimum interval between WATCHDOG messages, or 0 if there is no
// watchdog.
func systemdVariables(getenv func(string) string, pid int) (socket string, feed time.Duration) {
	socket = getenv("NOTIFY_SOCKET")
	usec, err := strconv.ParseUint(getenv("WATCHDOG_USEC"), 10, 63)
	who := getenv("WATCHDOG_PID")
	if err == nil && socket != "" && (who == "" || who == strconv.Itoa(pid)) {
		feed = time.Duration(usec) * time.Microsecond / 4
	}
	return socket, feed
}
