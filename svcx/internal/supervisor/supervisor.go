package supervisor

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"time"

	"github.com/surefoot-go/surefoot/svcx/internal/spec"
)

// ErrHung is returned if Main does not become ready or return in time, or does not feed the
// watchdog.
const ErrHung = spec.ErrHung

// Config holds the service that a supervisor runs, and functions that depend on the kind of
// process.
type Config struct {
	Name    string
	Main    func(context.Context) error
	Accepts uint32 // the controls that the service accepts
	// StopTimeout limits the time that Main takes to return, StartTimeout the time until it is
	// ready, and Watchdog the time between calls of Alive. 0 means no limit.
	StopTimeout, StartTimeout, Watchdog time.Duration

	// Prepare runs before Main, and its error counts as Main's. Prepare may be nil.
	Prepare func(context.Context) error
	// Arguments is called with the arguments of a Container before Main runs.
	Arguments func([]string) error
	// Deliver delivers an event to Main. It returns false if too many events are waiting.
	Deliver func(e *Event, done func()) bool
	// Events is the channel to which Deliver sends; its type is defined by package svcx.
	Events any
	// Hung stores the stacks of a hung Main. It is not called under a Container, which has its own
	// method.
	Hung func(dump []byte)
	// Failed, if set, logs Main's error before the error is reported to the manager, which may then
	// terminate the process immediately.
	Failed func(error)
	// Alive, if set, feeds another watchdog, which replaces Watchdog.
	Alive func()
}

// Supervisor runs a service's Main. Its methods may be called from any goroutine.
type Supervisor struct {
	config    *Config
	manager   Manager
	container Container     // the manager if it is a Container, or nil
	calls     chan *message // from Main's goroutines
	alive     chan struct{} // calls of Alive, at most one pending
	over      chan struct{}
}

// loop is the state used only by Run's goroutine. It stays on the stack, so the linker can omit its
// type information.
type loop struct {
	*Supervisor
	machine               machine
	missed                *message         // returned by the following call of next
	settled, heart, retry <-chan time.Time // retry: the last report failed
	retryIn               time.Duration
	start, stop, watchdog countdown
}

type supervisorKey struct{}

// Of returns the supervisor of the Main to which ctx was passed, or nil.
func Of(ctx context.Context) *Supervisor {
	s, _ := ctx.Value(supervisorKey{}).(*Supervisor)
	return s
}

// Ready reports that start-up is complete.
func (s *Supervisor) Ready() { s.tell(&message{kind: readyCalled}) }

// Progress reports that the service is still starting or stopping.
func (s *Supervisor) Progress(text string) { s.tell(&message{kind: progressCalled, text: text}) }

// Alive feeds the watchdog.
func (s *Supervisor) Alive() {
	select {
	case s.alive <- struct{}{}:
	default: // one is already pending
	}
}

// StopTimeout returns the time that Main has to return.
func (s *Supervisor) StopTimeout() time.Duration { return s.config.StopTimeout }

// Events returns Config.Events.
func (s *Supervisor) Events() any { return s.config.Events }

// tell passes msg to the supervisor's loop and returns when the loop has reported to the manager,
// or when the loop has ended. Inlined, it would add 600 bytes to the binary.
//
//go:noinline
func (s *Supervisor) tell(msg *message) {
	msg.ack = make(chan struct{})
	select {
	case s.calls <- msg:
	case <-s.over:
		return
	}
	select {
	case <-msg.ack:
	case <-s.over:
	}
}

// Run runs Prepare and then Main, and reports to manager until both have returned. It returns
// Main's error, and whether a stop was requested. If Main is hung, the error is ErrHung and Main
// keeps running: the caller must then terminate the process.
func Run(parent context.Context, manager Manager, c *Config) (stopped bool, err error) {
	s := &Supervisor{
		config:  c,
		manager: manager,
		calls:   make(chan *message),
		alive:   make(chan struct{}, 1),
		over:    make(chan struct{}),
	}
	s.container, _ = manager.(Container)
	ctx, cancel := context.WithCancelCause(context.WithValue(context.WithoutCancel(parent), supervisorKey{}, s))
	l := loop{Supervisor: s, machine: machine{accepts: c.Accepts}}
	l.start.begin(c.StartTimeout)
	msg, over := &message{kind: processStarted}, false
	for {
		if over, err = l.handle(msg, ctx, cancel); over {
			break
		}
		msg = l.next(parent)
	}
	cancel(nil)
	close(s.over)
	return l.machine.cause != nil, err
}

// handle carries out the machine's decision on msg. ctx is Main's context. It returns whether the
// service has ended, and Run's error.
func (l *loop) handle(msg *message, ctx context.Context, cancel context.CancelCauseFunc) (over bool, err error) {
	m := &l.machine
	before := m.status.State
	d := m.step(msg)
	if m.over {
		err = stopResult(msg.err, m.cause)
	}
	switch { // before reporting to the manager that the service has ended
	case d.dump:
		err = l.hung(msg.kind)
	case msg.kind == mainReturned && err != nil && l.config.Failed != nil:
		l.config.Failed(err)
	}
	if d.report {
		l.report()
	}
	switch msg.kind {
	case processStarted:
		go l.callMain(ctx)
	case mainCalled:
		l.settled = time.After(grace)
	}
	if d.cancel {
		cancel(m.cause)
		l.stop.begin(l.config.StopTimeout)
	}
	if d.deliver != nil && !l.deliver(d.deliver) {
		l.missed = &message{kind: eventLost, event: d.deliver.Kind}
	}
	if msg.ack != nil {
		close(msg.ack)
	}
	if now := m.status.State; now != before {
		l.heart = nil
		l.watchdog.end()
		if now != StartPending {
			l.start.end()
		}
		if now.Pending() {
			l.heart = time.After(heartbeatEvery)
		} else {
			l.fed()
		}
	}
	return m.over, err
}

// report reports the status to the manager. If that fails, it schedules a retry.
func (l *loop) report() {
	err := l.manager.Report(l.machine.status)
	if err == nil {
		l.retry, l.retryIn = nil, 0
		return
	}
	if l.retryIn == 0 {
		Tell(os.Stderr, fmt.Appendf(nil, "svcx: %s: reporting %v, which is tried again: %v\n", l.config.Name, spec.State(l.machine.status.State), err))
	}
	l.retryIn = min(max(2*l.retryIn, heartbeatEvery), time.Minute)
	l.retry = time.After(l.retryIn)
}

// next waits for the next message.
func (l *loop) next(parent context.Context) *message {
	if msg := l.missed; msg != nil {
		l.missed = nil
		return msg
	}
	cancelled := parent.Done()
	if l.machine.cause != nil {
		cancelled = nil
	}
	msg := &message{}
	select {
	case msg.control = <-l.manager.Controls():
		msg.kind = controlReceived
	case <-cancelled:
		msg.kind, msg.err = contextCancelled, context.Cause(parent)
	case msg = <-l.calls:
	case <-l.settled:
		msg.kind = graceElapsed
	case <-l.heart:
		l.heart = time.After(heartbeatEvery)
		msg.kind = heartbeat
	case <-l.retry:
		msg.kind = reportRetry
	case <-l.start.C():
		if l.start.expired() {
			msg.kind = startExpired
		}
	case <-l.stop.C():
		if l.stop.expired() {
			msg.kind = stopExpired
		}
	case <-l.watchdog.C():
		select {
		case <-l.alive:
			l.fed()
		default:
			if l.watchdog.expired() {
				msg.kind = watchdogExpired
			}
		}
	case <-l.alive:
		if l.config.Alive != nil {
			l.config.Alive()
		} else if !l.machine.status.State.Pending() {
			l.fed()
		}
	}
	switch msg.kind {
	case graceElapsed, startExpired, stopExpired, watchdogExpired:
		select {
		case call := <-l.calls: // on a busy machine Main may have called in time
			l.missed = msg
			return call
		default:
		}
	}
	return msg
}

// fed restarts the watchdog's countdown, unless another watchdog replaces it.
func (l *loop) fed() {
	if l.config.Alive == nil {
		l.watchdog.begin(l.config.Watchdog)
	}
}

// ErrGoexit is returned if Main called runtime.Goexit.
var ErrGoexit = errors.New("svcx: Main ended its goroutine (runtime.Goexit)")

// callMain runs in its own goroutine and sends Main's result. A panic crashes the process as usual
// in Go, and crash.log has the trace. Only under a Container is the panic recovered.
func (s *Supervisor) callMain(ctx context.Context) {
	msg := &message{kind: mainReturned, err: ErrGoexit}
	defer func() {
		if v := recover(); v != nil {
			if s.container == nil {
				panic(v)
			}
			s.container.Panicked(v, stacks(false))
			msg.kind, msg.err = mainPanicked, spec.Errorf("svcx: Main panicked: %v", v)
		}
		s.tell(msg)
	}()
	var err error
	switch {
	case s.container != nil:
		err = s.config.Arguments(s.container.Arguments())
	case s.config.Prepare != nil:
		err = s.config.Prepare(ctx)
	}
	if err != nil {
		msg.err = err
		return
	}
	s.tell(&message{kind: mainCalled})
	msg.err = s.config.Main(ctx)
}

// hung stores the stacks of all goroutines and returns the error for the expired limit.
func (s *Supervisor) hung(why kind) error {
	kind, format, limit := spec.ErrHung, "%w: Main did not return within %v of being asked to", s.config.StopTimeout
	switch why {
	case startExpired:
		format, limit = "%w: Main was not ready within %v", s.config.StartTimeout
	case watchdogExpired:
		kind, format, limit = spec.ErrUnfed, "%w: Main did not call Alive for %v", s.config.Watchdog
	}
	err := spec.Errorf(format, kind, limit)
	dump := fmt.Appendf(nil, "svcx: %s: %s; all goroutines:\n\n%s", s.config.Name, spec.TrimPrefix(err), stacks(true))
	if s.container != nil {
		s.container.Hung(dump)
	} else {
		s.config.Hung(dump)
	}
	return err
}

// stacks returns the stack of this goroutine, or the stacks of all goroutines, truncated at 16 MiB.
func stacks(all bool) []byte {
	for size := 64 << 10; ; size *= 2 {
		buf := make([]byte, size)
		if n := runtime.Stack(buf, all); n < size || size >= 16<<20 {
			return buf[:n]
		}
	}
}
