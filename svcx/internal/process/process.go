// Package process runs a service in a process that lives by signals: on a console, under systemd,
// launchd and OpenRC. It keeps the log files of every managed process, those of Windows services
// too.
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

// Program is what a managed process needs to know of its service.
type Program struct {
	Name, Dir, LogDir string
	User              bool
	// OnCrash gets the crash report of an earlier process; it may be nil.
	OnCrash func(ctx context.Context, report []byte)
	// SpareLogDir makes the directory for a Windows service whose LogDir fails.
	SpareLogDir func(name string) (string, error)
}

// Fail writes the error that Main has returned to standard error.
func (p *Program) Fail(err error) {
	supervisor.Tell(os.Stderr, fmt.Appendf(nil, "%s: %s\n", p.Name, spec.TrimPrefix(err)))
}

// manager is the manager of a process that lives by signals.
type manager struct {
	reloads  chan supervisor.Control
	notifier *notifier // nil: no one wants to hear
}

func (m *manager) Controls() <-chan supervisor.Control { return m.reloads }

func (m *manager) Report(now supervisor.Status) error { return m.notifier.report(now) }

// Run runs the service until it ends or a signal ends it. interrupted is the cause of Main's
// context after a signal on a console. After a stop that a manager has requested, Main's error is
// written to standard error and Run returns nil: the manager would take another exit code for a
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
		c.Alive = func() {} // a debugger must be able to stop and think
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
					default: // it has not begun with the last one
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

// stopRequest is when a signal first asked the process to end.
type stopRequest struct{ at time.Time }

// sameRequest is how soon after the first a further signal can't be meant to hurry it. timeout(1)
// and managers that signal a process and its group send each signal twice.
const sameRequest = 100 * time.Millisecond

// again reports whether a signal at now asks for the second time.
func (r *stopRequest) again(now time.Time) bool {
	if r.at.IsZero() {
		r.at = now
	}
	return now.Sub(r.at) > sameRequest
}

// signalExit returns the exit code that a shell shows for a process that the signal has ended.
func signalExit(sig os.Signal) int {
	if n, ok := sig.(syscall.Signal); ok {
		return 128 + int(n)
	}
	return spec.ExitFailed
}

// underProcess returns what has started a process of a system without SCM, from its variables and
// its parent.
func underProcess(system string, getenv func(string) string, pid, ppid int, nameOf func(pid int) string) spec.Manager {
	switch system {
	case "linux":
		if own := getenv("SYSTEMD_EXEC_PID"); own != "" { // since systemd 248
			if own == strconv.Itoa(pid) {
				return spec.Systemd
			}
		} else if getenv("INVOCATION_ID") != "" && (ppid == 1 || getenv("NOTIFY_SOCKET") != "") {
			return spec.Systemd
		}
		// start-stop-daemon keeps the variables of OpenRC from what it starts, but for its socket.
		if getenv("RC_SVCNAME") != "" || strings.HasPrefix(getenv("NOTIFY_SOCKET"), "/run/openrc/") {
			// The daemons that OpenRC starts are children of process 1, of supervise-daemon, or of
			// a start-stop-daemon that waits for READY; a shell of theirs passes the variable on.
			parent := nameOf(ppid)
			if ppid == 1 || strings.HasPrefix(parent, "supervise-daem") || strings.HasPrefix(parent, "start-stop-daem") {
				return spec.OpenRC
			}
		}
	case "darwin":
		// Terminal's own job also has a name, but a shell is not launchd's child.
		if name := getenv("XPC_SERVICE_NAME"); ppid == 1 && name != "" && name != "0" {
			return spec.Launchd
		}
	}
	return spec.Console
}
