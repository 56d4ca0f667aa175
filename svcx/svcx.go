// Package svcx runs one blocking function as a Windows service, a systemd unit, a launchd job, an
// OpenRC service or a console program.
//
//	func main() {
//		err := svcx.Run(context.Background(), "orders", func(ctx context.Context) error {
//			svcx.Ready(ctx)
//			<-ctx.Done() // work until asked to stop; context.Cause(ctx) is the reason
//			return nil
//		})
//		if err != nil {
//			log.Fatal(err)
//		}
//	}
//
// It avoids these pitfalls: a service that is slow to start is killed with error 1053; a service
// that fails is not restarted because it reported a normal stop; a service that hangs stays in
// STOP_PENDING forever; a service that panics leaves no trace because it has no standard error; a
// service terminates when a user logs off.
//
// [Main] adds a command line (run, install, uninstall, start, stop, restart, status, logs, upgrade,
// render) to a [Service], and [Service.Install] registers it.
//
// # Life
//
// The service is in the start-pending state until Main calls [Ready]. If Main calls neither Ready
// nor [Progress], the service is reported as running 100 ms after Main starts, so that a Main that
// fails immediately is never reported as running. While the service is starting or stopping, it
// reports progress to the manager every two seconds. [Service].StartTimeout limits the start.
//
// A request to stop cancels Main's context; [context.Cause] is [ErrStopped], [ErrShutdown] or
// [ErrInterrupted]. Main then has [Service].StopTimeout to return. After that the stacks of all
// goroutines are dumped, the failure is reported to the manager, and the process exits with code
// 124. [Serve] runs a server in such a Main, and completes active requests before stopping.
//
// An error that Main returns without having been asked to stop is a failure: the process should
// exit with a nonzero code, as [Main] does, so that the manager restarts the service. Returning nil
// is not a failure, nor is returning an error after a request to stop: under a manager that error
// is written to standard error, and Run returns nil.
//
// Time limits count only the time during which the process was running: a frozen process (SIGSTOP,
// a paused virtual machine, a sleeping laptop) is not considered hung. Limits that the manager
// itself enforces, such as the Watchdog limit under systemd, do include the time during which the
// process was frozen.
//
// # Windows
//
// A process whose parent is services.exe is a service; this also works in containers. A failure is
// reported as error 1066 (ERROR_SERVICE_SPECIFIC_ERROR) with the exit code, and a stop that took
// too long as error 1460 (ERROR_TIMEOUT). The working directory is Service.Dir or the executable's,
// not System32. Standard output and error go to output.log and crashes to crash.log in
// [Service].LogDir. The service does not end when a user logs off.
//
// Windows may terminate the process as soon as the service has reported that it stopped, so code
// after [Run] may not execute: do the clean-up in Main. The error that Main returns is written to
// output.log before the service reports that it stopped.
//
// # Linux
//
// The service uses systemd's notification protocol (sd_notify): READY, STATUS, STOPPING, RELOADING,
// WATCHDOG. The protocol is used whenever NOTIFY_SOCKET is set: under systemd, in a podman
// container, behind a shell in ExecStart, under OpenRC. SIGTERM and SIGINT are requests to stop.
//
// Under OpenRC the service has a supervisor (supervise-daemon), which restarts the service whenever
// its process ends, even if Main returned nil, unless RestartDelays is empty. OpenRC waits for
// READY since release 0.60; under older releases Start returns once the service has been running
// for a second. OpenRC does not record exit codes.
//
// # macOS
//
// launchd does not support readiness. SIGTERM is a request to stop.
//
// # Console
//
// Ctrl+C, SIGINT, SIGTERM, or the closing of a Windows console cancels Main's context. A second
// signal terminates the process immediately, unless it arrives within 100 ms of the first:
// timeout(1), and managers that signal a process and then its group, send each signal twice.
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
	// ErrShutdown is the cause when Windows shuts down (SERVICE_CONTROL_SHUTDOWN, PRESHUTDOWN).
	// Other managers don't report a shutdown; there the cause is ErrStopped.
	ErrShutdown error = supervisor.ErrShutdown
	// ErrInterrupted is the cause when Ctrl+C, a signal, or the closing of the console stops a
	// program that was not started by a manager.
	ErrInterrupted = errors.New("svcx: interrupted")
)

// Run runs main as the named service until it returns, under whatever started the process. It calls
// [Service.Run].
func Run(ctx context.Context, name string, main func(context.Context) error) error {
	return (&Service{Name: name, Main: main}).Run(ctx)
}

// Manager is the kind of program that started the process and waits for it to exit.
type Manager uint8

const (
	Console Manager = iota // a shell, a container runtime, anything that is not a manager
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

// Under returns what started this process. On Windows it checks the parent process, on other
// systems the environment variables that managers set (SYSTEMD_EXEC_PID of systemd.exec(5),
// XPC_SERVICE_NAME, RC_SVCNAME). For a program run from a shell that a unit's process started,
// Under returns Console.
func Under() Manager {
	starter.once.Do(func() { starter.manager = Manager(under()) })
	return starter.manager
}

var starter struct {
	once    sync.Once
	manager Manager
}

// Ready reports that start-up is complete: the service becomes Running, systemd gets READY=1. Later
// calls do nothing. ctx must be Main's context or derived from it; otherwise Ready does nothing.
func Ready(ctx context.Context) {
	if s := supervisor.Of(ctx); s != nil {
		s.Ready()
	}
}

// Progress reports that the service is still starting or stopping, with a human-readable status
// line. On Windows it raises the checkpoint; to systemd it sends STATUS= and extends the time limit
// by 30 s (EXTEND_TIMEOUT_USEC). At other times it only sends the status line, to systemd. If
// Progress is called before Ready, the service is not reported as running until Ready is called;
// see the package documentation. StartTimeout and StopTimeout still apply.
func Progress(ctx context.Context, status string) {
	if s := supervisor.Of(ctx); s != nil {
		s.Progress(status)
	}
}

// Alive feeds the watchdog: [Service].Watchdog, or WATCHDOG_USEC set by systemd. It is cheap; call
// it wherever the service makes progress. Without a watchdog it does nothing.
func Alive(ctx context.Context) {
	if s := supervisor.Of(ctx); s != nil {
		s.Alive()
	}
}

// Run runs the service's Main until it returns, under whatever started the process ([Under]), and
// returns Main's error. It returns nil if that error is only the cancellation of the context, or if
// a manager had requested a stop. Cancelling ctx also asks the service to stop; Main's context then
// has the cause of ctx.
//
// If Main does not become ready or return in time, or a second signal arrives, Run does not return:
// the process exits. A process can be a Windows service only once, so call Run once. Windows may
// terminate the process before Run returns.
func (s *Service) Run(ctx context.Context) error {
	if err := s.check(); err != nil {
		return err
	}
	config := s.supervised()
	if m := supervisor.ManagerOf(ctx); m != nil {
		_, err := supervisor.Run(ctx, m, config) // runs in this process, which m must not terminate
		return err
	}
	if os.Getenv(upgrade.CheckVar) != "" {
		return nil // an upgrade is checking whether this program runs
	}
	err := s.runHere(ctx, config)
	if errors.Is(err, ErrHung) {
		os.Exit(ExitCode(err))
	}
	return err
}

// supervised returns the configuration of the supervisor.
func (s *Service) supervised() *supervisor.Config {
	events := make(chan Event, 64)
	return &supervisor.Config{
		Name: s.Name, Main: s.Main, Accepts: s.Accept.controls(), Arguments: s.parseStartArgs,
		StopTimeout: s.stopTimeout(), StartTimeout: s.StartTimeout, Watchdog: s.Watchdog,
		Deliver: func(e *supervisor.Event, done func()) bool {
			select {
			case events <- Event{EventKind(e.Kind), e.Code, e.Session, e.Data, done}:
				return true
			default:
				return false
			}
		},
		Events: events,
	}
}

// program returns the service's settings for a managed process.
func (s *Service) program() *process.Program {
	return &process.Program{Name: s.Name, Dir: s.Dir, LogDir: s.LogDir, User: s.User, OnCrash: s.OnCrash}
}
