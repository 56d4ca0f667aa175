// Package process runs a service in a process that is controlled by signals: on a console, or under
// systemd, launchd or OpenRC. It also manages the log files of all managed processes, including
// Windows services.
package process

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/surefoot-go/surefoot/svcx/internal/spec"
	"github.com/surefoot-go/surefoot/svcx/internal/supervisor"
)

// Program holds the settings of a service that its process needs.
type Program struct {
	Name, Dir, LogDir string
	User              bool
	// OnCrash is called with the crash report of an earlier process. It may be nil.
	OnCrash func(ctx context.Context, report []byte)
	// SpareLogDir creates a fallback directory for a Windows service whose LogDir can't be used.
	SpareLogDir func(name string) (string, error)
}

// Fail writes Main's error to standard error.
func (p *Program) Fail(err error) {
	supervisor.Tell(os.Stderr, fmt.Appendf(nil, "%s: %s\n", p.Name, spec.TrimPrefix(err)))
}

// manager is the supervisor.Manager of a process that is controlled by signals.
type manager struct {
	reloads  chan supervisor.Control
	notifier *notifier // nil if no one listens
}

func (m *manager) Controls() <-chan supervisor.Control { return m.reloads }

func (m *manager) Report(now supervisor.Status) error { return m.notifier.report(now) }

// Run runs the service until it ends or a signal stops it. interrupted is the cause of Main's
// context after a signal on a console. After a stop requested by a manager, Run writes Main's error
// to standard error and returns nil, because the manager would treat a nonzero exit code as a
// failure.
func (p *Program) Run(ctx context.Context, under spec.Manager, interrupted error, c *supervisor.Config) error {
	ctx, cancel := context.WithCancelCause(ctx)
	cause := interrupted
	if under != spec.Console {
		cause = supervisor.ErrStopped
	}
	m := &manager{reloads: make(chan supervisor.Control, 1), notifier: newNotifier(under)}
	c.Alive = m.notifier.watchdog()
	if c.Alive == nil && under == spec.Console {
		c.Alive = func() {} // no watchdog: a debugger may stop the process
	}

	signals := make(chan os.Signal, 4)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	if c.Accepts&supervisor.AcceptParamChange != 0 {
		notifyReload(signals)
	}
	over := make(chan struct{})
	go func() {
		var asked stopRequest
		for {
			select {
			case sig := <-signals:
				if isReload(sig) {
					select {
					case m.reloads <- supervisor.Control{Code: supervisor.ParamChange}:
					default: // the last reload is still pending
					}
					continue
				}
				if asked.again(time.Now()) {
					supervisor.Tell(os.Stderr, fmt.Appendf(nil, "svcx: %s: %v again: ends at once\n", p.Name, sig))
					os.Exit(signalExit(sig))
				}
				cancel(cause)
			case <-over:
				return
			}
		}
	}()

	var logs Logs
	if under != spec.Console {
		c.Prepare = func(ctx context.Context) error {
			return p.Prepare(ctx, &logs, p.OpenLogs(&logs, under), under)
		}
	}
	c.Hung = func(dump []byte) {
		logs.Crashed(dump)
		supervisor.Tell(os.Stderr, dump)
	}
	stopped, err := supervisor.Run(ctx, m, c)
	close(over)
	signal.Stop(signals)
	cancel(nil)
	if err != nil && stopped && under != spec.Console && spec.ExitCode(err) != spec.ExitHung {
		p.Fail(err)
		return nil
	}
	return err
}

// stopRequest records when a signal first asked the process to stop.
type stopRequest struct{ at time.Time }

// sameRequest is the time after the first signal during which further signals count as the same
// request. timeout(1), and managers that signal a process and its group, send each signal twice.
const sameRequest = 100 * time.Millisecond

// again reports whether a signal at now is a second request to stop.
func (r *stopRequest) again(now time.Time) bool {
	if r.at.IsZero() {
		r.at = now
	}
	return now.Sub(r.at) > sameRequest
}

// signalExit returns the exit code that a shell reports for a process terminated by the signal.
func signalExit(sig os.Signal) int {
	if n, ok := sig.(syscall.Signal); ok {
		return 128 + int(n)
	}
	return spec.ExitFailed
}

// underProcess returns the manager that started a process on a system without an SCM, based on the
// process's environment variables and its parent.
func underProcess(system string, getenv func(string) string, pid, ppid int, nameOf func(pid int) string) spec.Manager {
	switch system {
	case "linux":
		if own := getenv("SYSTEMD_EXEC_PID"); own != "" { // set since systemd 248
			if own == strconv.Itoa(pid) {
				return spec.Systemd
			}
		} else if getenv("INVOCATION_ID") != "" && (ppid == 1 || getenv("NOTIFY_SOCKET") != "") {
			return spec.Systemd
		}
		// start-stop-daemon does not pass on OpenRC's variables, except for NOTIFY_SOCKET.
		if getenv("RC_SVCNAME") != "" || strings.HasPrefix(getenv("NOTIFY_SOCKET"), "/run/openrc/") {
			// The daemons that OpenRC starts are children of process 1, of supervise-daemon, or of
			// a start-stop-daemon that waits for READY. Others inherit the variable through a
			// daemon's shell.
			parent := nameOf(ppid)
			if ppid == 1 || strings.HasPrefix(parent, "supervise-daem") || strings.HasPrefix(parent, "start-stop-daem") {
				return spec.OpenRC
			}
		}
	case "darwin":
		// The job of the Terminal application also has a name, but a shell is not a child of
		// launchd.
		if name := getenv("XPC_SERVICE_NAME"); ppid == 1 && name != "" && name != "0" {
			return spec.Launchd
		}
	}
	return spec.Console
}
