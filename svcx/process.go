package svcx

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"syscall"

	"github.com/surefoot-go/surefoot/svcx/internal/scm"
)

// process is the manager of a program that lives by signals: on a console,
// under systemd and under launchd.
type process struct {
	reloads chan scm.Control
	systemd *notifier // nil elsewhere
}

func (p *process) Controls() <-chan scm.Control { return p.reloads }

func (p *process) Report(now scm.Status) error { return p.systemd.report(now) }

// runProcess runs the service until it ends or a signal ends it.
func (s *Service) runProcess(ctx context.Context, under Manager) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	cause := ErrInterrupted
	if under != Console {
		cause = ErrStopped
	}
	p := &process{reloads: make(chan scm.Control, 1), systemd: newNotifier(under)}

	fed := p.systemd.watchdog()
	if under == Console {
		fed = func() {} // who debugs must be able to stop and think
	}

	signals := make(chan os.Signal, 4)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(signals)
	if s.Accept&AcceptReload != 0 {
		notifyReload(signals)
	}
	over := make(chan struct{})
	defer close(over)
	go func() {
		for asked := false; ; {
			select {
			case sig := <-signals:
				switch {
				case isReload(sig):
					select {
					case p.reloads <- scm.Control{Code: scm.ParamChange}:
					default: // it has not begun with the last one
					}
				case asked:
					tell(os.Stderr, fmt.Appendf(nil, "svcx: %s: %v again: ends at once\n", s.Name, sig))
					os.Exit(signalExit(sig))
				default:
					asked = true
					cancel(cause)
				}
			case <-over:
				return
			}
		}
	}()

	var logs logFiles
	return s.supervise(ctx, p, host{
		prepare: func(ctx context.Context) error {
			if under != Console {
				return s.prepare(ctx, &logs, s.openLogs(&logs, under), under)
			}
			return nil
		},
		hung: func(dump []byte) {
			logs.crashed(dump)
			tell(os.Stderr, dump)
		},
		fed: fed,
	})
}

// signalExit is the exit code that a shell shows for a process that a signal
// ended.
func signalExit(sig os.Signal) int {
	if n, ok := sig.(syscall.Signal); ok {
		return 128 + int(n)
	}
	return exitFailed
}

// underProcess says what started a process of a system without SCM, from its
// variables and its parent's id.
func underProcess(system string, getenv func(string) string, pid, ppid int) Manager {
	switch system {
	case "linux":
		if own := getenv("SYSTEMD_EXEC_PID"); own != "" { // since systemd 248
			if own == strconv.Itoa(pid) {
				return Systemd
			}
		} else if getenv("INVOCATION_ID") != "" && (ppid == 1 || getenv("NOTIFY_SOCKET") != "") {
			return Systemd
		}
	case "darwin":
		// Terminal's own job has a name, too, but a shell is not launchd's child.
		if name := getenv("XPC_SERVICE_NAME"); ppid == 1 && name != "" && name != "0" {
			return Launchd
		}
	}
	return Console
}
