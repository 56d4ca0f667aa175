package svcx

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/surefoot-go/surefoot/svcx/internal/scm"
)

// process is the manager of a program that lives by signals: on a console,
// under systemd and under launchd.
type process struct {
	reloads chan scm.Control
	notify  func(message string) error // nil: nobody listens
	feed    time.Duration              // how often systemd wants to be told at most; 0: never

	last scm.Status
	fed  time.Time
}

func (p *process) Controls() <-chan scm.Control { return p.reloads }

func (p *process) Report(now scm.Status) error {
	message := notification(p.last, now, monotonic)
	p.last = now
	if p.notify == nil || message == "" {
		return nil
	}
	return p.notify(message)
}

// Alive passes signs of life on to systemd, no more often than it needs them.
func (p *process) Alive() {
	if now := time.Now(); p.feed > 0 && now.Sub(p.fed) >= p.feed {
		p.fed = now
		p.notify("WATCHDOG=1") // a lost one is followed by the next
	}
}

// runProcess runs the service until it ends or a signal ends it.
func (s *Service) runProcess(ctx context.Context, under Manager) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	cause := ErrInterrupted
	if under != Console {
		cause = ErrStopped
	}
	p := &process{reloads: make(chan scm.Control, 1)}
	if under == Systemd {
		p.notify, p.feed = systemdNotifier(os.Getenv, os.Getpid())
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
					fmt.Fprintf(os.Stderr, "svcx: %s: %v again: ends at once\n", s.Name, sig)
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
				return s.prepare(ctx, &logs, under)
			}
			return nil
		},
		hung: func(dump []byte) {
			os.Stderr.Write(dump)
			logs.crashed(dump)
		},
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

// notification is what systemd is told when a service's status changes, by
// sd_notify(3); "" is nothing.
func notification(last, now scm.Status, monotonic func() int64) string {
	var lines []string
	switch {
	case now.State == scm.StopPending && last.State != scm.StopPending:
		lines = append(lines, "STOPPING=1")
	case now.State != scm.Running:
	case now.Reloading && !now.Progress:
		lines = append(lines, "RELOADING=1", "MONOTONIC_USEC="+strconv.FormatInt(monotonic(), 10))
	case last.State == scm.StartPending, last.Reloading && !now.Reloading:
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

const extendBy = 10 * time.Second

// systemdNotifier reads the variables of sd_notify(3) and sd_watchdog_enabled(3).
func systemdNotifier(getenv func(string) string, pid int) (notify func(string) error, feed time.Duration) {
	socket := getenv("NOTIFY_SOCKET")
	if socket == "" {
		return nil, 0
	}
	usec, err := strconv.ParseUint(getenv("WATCHDOG_USEC"), 10, 63)
	who := getenv("WATCHDOG_PID")
	if err == nil && (who == "" || who == strconv.Itoa(pid)) {
		feed = time.Duration(usec) * time.Microsecond / 4
	}
	return func(message string) error { return sendNotification(socket, message) }, feed
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
