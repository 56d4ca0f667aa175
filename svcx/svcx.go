// Package svcx makes one blocking function a Windows service, a systemd unit, a
// launchd job and a console program.
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
// What goes wrong without it: a service that is slow to start is killed with
// error 1053; one that fails is not restarted, since it said that it stopped
// well; one that hangs stays in STOP_PENDING for ever; one that panics leaves
// no trace, since its standard error leads nowhere; a user who logs off ends it.
//
// [Main] adds a command line (run, install, uninstall, start, stop, restart,
// status, logs) to a [Service], and [Service.Install] registers it.
//
// # Life
//
// The service is starting until Main calls [Ready]. A Main that does not call
// it counts as ready as soon as it runs (after a tenth of a second, so that one
// that fails at once is never seen running), unless it has called [Progress]
// first. While the service starts or stops, the manager is told every two
// seconds that it still does.
//
// A request to end cancels Main's context; [context.Cause] is [ErrStopped],
// [ErrShutdown] or [ErrInterrupted]. Main then has [Service].StopTimeout to
// return. After that the stacks of all goroutines are written, the manager is
// told, and the process exits with code 124. [Serve] runs a server in such a Main,
// and answers the requests that are under way when it is asked to end.
//
// An error that Main returns unasked is a failure: the process should exit with
// a code other than 0, as [Main] does, so that the manager restarts it. A nil,
// or what Main returns after it was asked to end, is not.
//
// # Windows
//
// A process whose parent is services.exe is a service; that is right in
// containers, too. Failures are reported as error 1066
// (ERROR_SERVICE_SPECIFIC_ERROR) with the exit code, a stop that took too long
// as 1460 (ERROR_TIMEOUT). The working directory is Service.Dir or the
// executable's, not System32. Standard output and error go to output.log and
// crashes to crash.log in [Service].LogDir. Users who log off don't end it.
//
// # Linux
//
// Under systemd the service speaks its notification protocol (sd_notify): READY,
// STATUS, STOPPING, RELOADING, WATCHDOG. SIGTERM and SIGINT are requests to stop.
//
// # macOS
//
// launchd knows no readiness; SIGTERM is a request to stop.
//
// # Console
//
// Ctrl+C, SIGINT, SIGTERM, or the closing of a Windows console cancels Main's
// context. A second signal ends the process at once.
package svcx

import (
	"context"
	"errors"
	"os"
	"sync"

	"github.com/surefoot-go/surefoot/svcx/internal/scm"
)

// Why Main's context was cancelled, for [context.Cause].
var (
	// ErrStopped: the service manager stops the service.
	ErrStopped = errors.New("svcx: the service manager asked for a stop")
	// ErrShutdown: Windows shuts down (SERVICE_CONTROL_SHUTDOWN, PRESHUTDOWN).
	// systemd and launchd don't tell; there it is ErrStopped.
	ErrShutdown = errors.New("svcx: the system shuts down")
	// ErrInterrupted: Ctrl+C, a signal, or a closed console ends a program that
	// no manager started.
	ErrInterrupted = errors.New("svcx: interrupted")
)

// Run runs main as the service of that name until it returns, under whatever
// started the process: see [Service.Run], which it calls.
func Run(ctx context.Context, name string, main func(context.Context) error) error {
	return (&Service{Name: name, Main: main}).Run(ctx)
}

// Manager is what starts a process and waits for its end.
type Manager uint8

const (
	Console Manager = iota // a shell, a container's start, anything that is no manager
	SCM                    // Windows' service control manager
	Systemd
	Launchd
)

func (m Manager) String() string {
	switch m {
	case SCM:
		return "SCM"
	case Systemd:
		return "systemd"
	case Launchd:
		return "launchd"
	}
	return "console"
}

// Under returns what started this process. On Windows it asks who the parent
// is, elsewhere the variables that managers set for the process itself
// (SYSTEMD_EXEC_PID and NOTIFY_SOCKET of systemd.exec(5), XPC_SERVICE_NAME): a
// shell that was started by a unit's process is a console.
func Under() Manager {
	starter.once.Do(func() { starter.manager = under() })
	return starter.manager
}

var starter struct {
	once    sync.Once
	manager Manager
}

// Ready says that start-up is over: the service is Running, systemd gets
// READY=1. Later calls do nothing. ctx is what Main was given, or made from it;
// with another one Ready does nothing.
func Ready(ctx context.Context) {
	if s := supervisorOf(ctx); s != nil {
		s.tell(event{happening: readied})
	}
}

// Progress says that the service still starts or stops, and how far it is, in a
// line for people. Windows gets a higher checkpoint, systemd STATUS= and half
// a minute more (EXTEND_TIMEOUT_USEC). At other times only the line is
// passed on, to systemd. Called before Ready it makes the service wait for
// Ready, see the package's text. StopTimeout stays the limit of a stop.
func Progress(ctx context.Context, status string) {
	if s := supervisorOf(ctx); s != nil {
		s.tell(event{happening: progressed, text: status})
	}
}

// Alive feeds the watchdog: [Service].Watchdog, or WATCHDOG_USEC that systemd
// set. It is cheap; call it wherever the service proves that it works. It does
// nothing where there is no watchdog.
func Alive(ctx context.Context) {
	if s := supervisorOf(ctx); s != nil {
		select {
		case s.fed <- struct{}{}:
		default: // one is on its way
		}
	}
}

// Run runs the service's Main until it returns, under whatever started the
// process ([Under]), and returns what Main returned; nil, if that is only that
// its context was cancelled. Cancelling ctx asks the service to end, too; Main's
// context then has the cause of ctx.
//
// When Main does not end in time or a second signal comes, Run does not return:
// the process exits. A process can be a Windows service only once, so call Run
// once.
func (s *Service) Run(ctx context.Context) error {
	if err := s.check(); err != nil {
		return err
	}
	ctx = s.withStopTimeout(ctx)
	if m := scm.From(ctx); m != nil {
		return s.runContained(ctx, m)
	}
	err := s.runHere(ctx)
	if errors.Is(err, ErrHung) {
		os.Exit(ExitCode(err))
	}
	return err
}

// runContained runs the service under a manager in this process, which it
// leaves as it is.
func (s *Service) runContained(ctx context.Context, m scm.Container) error {
	return s.supervise(ctx, m, host{
		prepare: func(context.Context) error { return s.parseStartArgs(m.Arguments()) },
		hung:    m.Hung,
	})
}
