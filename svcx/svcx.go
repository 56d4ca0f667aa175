// Package svcx makes one blocking function a Windows service, a systemd unit, a launchd job and a
// console program, and runs it under OpenRC.
//
//	func main() {
//		err := svcx.Run(context.Background(), "orders", func(ctx context.Context) error {
//			svcx.Ready(ctx)
//			<-ctx.Done() // work until asked to end; context.Cause(ctx) says by what
//			return nil
//		})
//		if err != nil {
//			log.Fatal(err)
//		}
//	}
//
// What goes wrong without it: a service that is slow to start is killed with error 1053; one that
// fails is not restarted, since it said that it stopped well; one that hangs stays in STOP_PENDING
// for ever; one that panics leaves no trace, since its standard error leads nowhere; a user who
// logs off ends it.
//
// [Main] adds a command line (run, install, uninstall, start, stop, restart, status, logs, upgrade,
// render) to a [Service], and [Service.Install] registers it.
//
// # Life
//
// The service is in the start-pending state until Main calls [Ready]. If Main calls neither Ready
// nor [Progress], the service is reported as running 100 ms after Main starts, so that a Main that
// fails immediately is never reported as running. While the service starts or stops, the manager is
// told so every two seconds. [Service].StartTimeout limits the start.
//
// A request to end cancels Main's context; [context.Cause] is [ErrStopped], [ErrShutdown] or
// [ErrInterrupted]. Main then has [Service].StopTimeout to return. After that the stacks of all
// goroutines are written, the manager is told, and the process exits with code 124. [Serve] runs a
// server in such a Main, and answers the requests that are under way when it is asked to end.
//
// An error that Main returns unasked is a failure: the process should exit with a code other than
// 0, as [Main] does, so that the manager restarts it. A nil is not, and neither is what Main
// returns after it was asked to end: under a manager that error is written to standard error, and
// Run returns nil.
//
// Limits count only time in which the process was running: one that was frozen (SIGSTOP, a paused
// virtual machine, a sleeping laptop) is not taken for hung.
//
// # Windows
//
// A process whose parent is services.exe is a service; that is right in containers as well.
// Failures are reported as error 1066 (ERROR_SERVICE_SPECIFIC_ERROR) with the exit code, a stop
// that took too long as 1460 (ERROR_TIMEOUT). The working directory is Service.Dir or the
// executable's, not System32. Standard output and error go to output.log and crashes to crash.log
// in [Service].LogDir. Users who log off don't end it.
//
// Windows may end the process as soon as it knows that the service has stopped. Nothing after [Run]
// is sure to run: put clean-up into Main. The error that Main returns is in output.log before.
//
// # Linux
//
// The service speaks the notification protocol of systemd (sd_notify): READY, STATUS, STOPPING,
// RELOADING, WATCHDOG. It does so wherever NOTIFY_SOCKET is set: under systemd, in a container of
// podman, behind a shell in ExecStart, under OpenRC. SIGTERM and SIGINT are requests to stop.
//
// Under OpenRC the service has a supervisor (supervise-daemon), which starts it again whenever it
// ends, after a nil from Main too, unless RestartDelays is empty. OpenRC waits for READY from its
// release 0.60 on; with an older one Start returns when the service has run for a second. OpenRC
// keeps no exit codes.
//
// # macOS
//
// launchd knows no readiness; SIGTERM is a request to stop.
//
// # Console
//
// Ctrl+C, SIGINT, SIGTERM, or the closing of a Windows console cancels Main's context. A second
// signal ends the process at once, unless it comes within a tenth of a second: timeout(1), and
// managers that signal a process and then its group, send each signal twice.
package svcx

import (
	"context"
	"errors"
	"os"
	"sync"

	"github.com/surefoot-go/surefoot/svcx/internal/process"
	"github.com/surefoot-go/surefoot/svcx/internal/supervisor"
	"github.com/surefoot-go/surefoot/svcx/internal/upgrade"
)

// Why Main's context was cancelled, for [context.Cause].
var (
	// ErrStopped is the cause when the service manager stops the service.
	ErrStopped error = supervisor.ErrStopped
	// ErrShutdown is the cause when Windows shuts down (SERVICE_CONTROL_SHUTDOWN, PRESHUTDOWN). The
	// other managers don't tell; there it is ErrStopped.
	ErrShutdown error = supervisor.ErrShutdown
	// ErrInterrupted is the cause when Ctrl+C, a signal, or a closed console ends a program that no
	// manager has started.
	ErrInterrupted = errors.New("svcx: interrupted")
)

// Run runs main as the service of that name until it returns, under whatever started the process:
// see [Service.Run], which it calls.
func Run(ctx context.Context, name string, main func(context.Context) error) error {
	return (&Service{Name: name, Main: main}).Run(ctx)
}

// Manager is what starts a process and waits for its end.
type Manager uint8

const (
	Console Manager = iota // a shell, a container's start, anything that is not a manager
	SCM                    // the service control manager of Windows
	Systemd
	Launchd
	OpenRC
)

func (m Manager) String() string {
	names := [...]string{"console", "SCM", "systemd", "launchd", "OpenRC"}
	if int(m) < len(names) {
		return names[m]
	}
	return "console"
}

// Under returns what has started this process. On Windows it asks which process is the parent,
// elsewhere it reads the variables that managers set for the process itself (SYSTEMD_EXEC_PID of
// systemd.exec(5), XPC_SERVICE_NAME, RC_SVCNAME): a shell that was started by a unit's process is a
// console.
func Under() Manager {
	starter.once.Do(func() { starter.manager = Manager(under()) })
	return starter.manager
}

var starter struct {
	once    sync.Once
	manager Manager
}

// Ready reports that start-up is over: the service is Running, systemd gets READY=1. Later calls do
// nothing. ctx is what Main was given, or made from it; with another one Ready does nothing.
func Ready(ctx context.Context) {
	if s := supervisor.Of(ctx); s != nil {
		s.Ready()
	}
}

// Progress reports that the service still starts or stops, and how far it is, in a
// line for people. Windows gets a higher checkpoint, systemd STATUS= and half
// a minute more (EXTEND_TIMEOUT_USEC). At other times only the line is passed on, to systemd.
// Called before Ready it makes the service wait for Ready, see the package's text. StartTimeout
// stays the limit of a start, StopTimeout that of a stop.
func Progress(ctx context.Context, status string) {
	if s := supervisor.Of(ctx); s != nil {
		s.Progress(status)
	}
}

// Alive feeds the watchdog: [Service].Watchdog, or WATCHDOG_USEC that systemd set. It is cheap;
// call it wherever the service proves that it works. It does nothing where there is no watchdog.
func Alive(ctx context.Context) {
	if s := supervisor.Of(ctx); s != nil {
		s.Alive()
	}
}

// Run runs the service's Main until it returns, under whatever has started the process ([Under]),
// and returns what Main returned; nil, if that is only that its context was cancelled, or an error
// after a stop that a manager requested. Cancelling ctx also asks the service to end; Main's
// context then has the cause of ctx.
//
// When Main does not start or end in time or a second signal comes, Run does not return: the
// process exits. A process can be a Windows service only once, so call Run once. Windows may end
// the process before Run returns.
func (s *Service) Run(ctx context.Context) error {
	if err := s.check(); err != nil {
		return err
	}
	ctx, config := s.supervised(ctx)
	if m := supervisor.ManagerOf(ctx); m != nil {
		// A manager in this process, which leaves the process as it is.
		config.Hung = m.Hung
		config.Prepare = func(context.Context) error { return s.parseStartArgs(m.Arguments()) }
		_, err := supervisor.Run(ctx, m, config)
		return err
	}
	if os.Getenv(upgrade.CheckVar) != "" {
		return nil // an upgrade checks whether this program runs at all
	}
	err := s.runHere(ctx, config)
	if errors.Is(err, ErrHung) {
		os.Exit(ExitCode(err))
	}
	return err
}

// supervised returns what the supervisor runs, and the context for it.
func (s *Service) supervised(ctx context.Context) (context.Context, *supervisor.Config) {
	events := make(chan Event, 64)
	c := &supervisor.Config{
		Name: s.Name, Main: s.Main, Accepts: s.Accept.controls(),
		StopTimeout: s.stopTimeout(), StartTimeout: s.StartTimeout, Watchdog: s.Watchdog,
		Deliver: func(e supervisor.Event, done func()) bool {
			select {
			case events <- Event{EventKind(e.Kind), e.Code, e.Session, e.Data, done}:
				return true
			default:
				return false
			}
		},
	}
	return context.WithValue(s.withStopTimeout(ctx), eventsKey{}, (<-chan Event)(events)), c
}

// program returns what a managed process needs to know of the service.
func (s *Service) program() *process.Program {
	return &process.Program{Name: s.Name, Dir: s.Dir, LogDir: s.LogDir, User: s.User, OnCrash: s.OnCrash}
}
