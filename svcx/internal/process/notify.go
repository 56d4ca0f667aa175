package process

import (
	"strconv"
	"strings"
	"time"

	"github.com/surefoot-go/surefoot/svcx/internal/spec"
	"github.com/surefoot-go/surefoot/svcx/internal/supervisor"
)

// notification returns what sd_notify(3) has a service tell when its status changes, or "". OpenRC
// (since 0.60) waits for READY=1 for ever, also when the process has ended: under it a service that
// ends before it is ready also reports that.
func notification(under spec.Manager, last, now supervisor.Status, monotonic func() int64) string {
	var lines []string
	switch {
	case under == spec.OpenRC && last.State == supervisor.StartPending && (now.State == supervisor.StopPending || now.State == supervisor.Stopped):
		lines = append(lines, "READY=1")
	case now.State == supervisor.Stopped && last.State == supervisor.StartPending && now.ExitCode == 0:
		// Its work was short. An end before READY=1 is a failure to systemd.
		lines = append(lines, "READY=1") // of several in one message the last one counts
	case now.State == supervisor.StopPending && last.State != supervisor.StopPending:
		lines = append(lines, "STOPPING=1")
	case now.State != supervisor.Running:
	case now.Reloading && !now.Progress:
		lines = append(lines, "RELOADING=1", "MONOTONIC_USEC="+strconv.FormatInt(monotonic(), 10))
	case last.State == supervisor.StartPending, last.Reloading && !now.Reloading:
		lines = append(lines, "READY=1")
	}
	if now.Text != last.Text {
		// One line, as the protocol has it.
		lines = append(lines, "STATUS="+strings.NewReplacer("\n", " ", "\x00", " ").Replace(now.Text))
	}
	if now.Progress && now.State.Pending() {
		lines = append(lines, "EXTEND_TIMEOUT_USEC="+strconv.FormatInt(extendBy.Microseconds(), 10))
	}
	return strings.Join(lines, "\n")
}

const extendBy = 30 * time.Second

// systemdVariables reads the variables of sd_notify(3) and sd_watchdog_enabled(3): where to send
// notifications, and how often at most signs of life, if at all.
func systemdVariables(getenv func(string) string, pid int) (socket string, feed time.Duration) {
	socket = getenv("NOTIFY_SOCKET")
	usec, err := strconv.ParseUint(getenv("WATCHDOG_USEC"), 10, 63)
	who := getenv("WATCHDOG_PID")
	if err == nil && socket != "" && (who == "" || who == strconv.Itoa(pid)) {
		feed = time.Duration(usec) * time.Microsecond / 4
	}
	return socket, feed
}
