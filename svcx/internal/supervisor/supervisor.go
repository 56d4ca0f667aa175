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

// ErrHung is returned when Main does not end or does not feed the watchdog.
const ErrHung = spec.ErrHung

// Config holds what a supervisor runs, and the differences between the processes in which it runs.
type Config struct {
	Name    string
	Main    func(context.Context) error
	Accepts uint32 // the controls that it may be sent
	// StopTimeout is how long Main may take to return, StartTimeout to become ready, Watchdog
	// between two calls of Alive. 0 means no limit.
	StopTimeout, StartTimeout, Watchdog time.Duration

	// Prepare runs before Main; its error counts as Main's. It may be nil.
	Prepare func(context.Context) error
	// Deliver hands an event to Main. It returns false if too many wait.
	Deliver func(e Event, done func()) bool
	// Hung keeps the stacks of a Main that does not end.
	Hung func(dump []byte)
	// Failed, if set, keeps Main's error, before the manager hears of it: the manager may end the
	// process at once.
	Failed func(error)
	// Alive passes a sign of life on to another watchdog, which replaces Watchdog.
	Alive func()
}

// Supervisor runs a service's Main. Its methods may be called from any goroutine.
type Supervisor struct {
	config  *Config
	manager Manager
	calls   chan *message // from Main's goroutines
	alive   chan struct{} // signs of life, the latest only
	over    chan struct{}
}

type supervisorKey struct{}

// Of returns the supervisor of the Main that has been given ctx, or nil.
func Of(ctx context.Context) *Supervisor {
	s, _ := ctx.Value(supervisorKey{}).(*Supervisor)
	return s
}

// Ready reports that the start is over.
func (s *Supervisor) Ready() { s.tell(&message{kind: readyCalled}) }

// Progress reports that the service still starts or stops.
func (s *Supervisor) Progress(text string) { s.tell(&message{kind: progressCalled, text: text}) }

// Alive feeds the watchdog.
func (s *Supervisor) Alive() {
	select {
	case s.alive <- struct{}{}:
	default: // one is on its way
	}
}

// tell passes msg to the supervisor's loop and returns when the manager has been informed, or when
// the loop has ended.
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

// Run runs Prepare and then Main, and reports to manager until both are over. It returns Main's
// error, and whether a stop was requested. If Main hangs, the error is ErrHung and Main keeps
// running: the process must end then.
func Run(parent context.Context, manager Manager, c *Config) (stopped bool, err error) {
	s := &Supervisor{
		config:  c,
		manager: manager,
		calls:   make(chan *message),
		alive:   make(chan struct{}, 1),
		over:    make(chan struct{}),
	}
	ctx, cancel := context.WithCancelCause(context.WithValue(context.WithoutCancel(parent), supervisorKey{}, s))
	stopped, err = s.loop(parent, ctx, cancel)
	cancel(nil)
	close(s.over)
	return stopped, err
}

// loop waits for what happens and does what the machine decides, until the service is over. ctx is
// Main's.
func (s *Supervisor) loop(parent, ctx context.Context, cancel context.CancelCauseFunc) (stopped bool, err error) {
	var (
		c         = s.config
		m         = &machine{accepts: c.Accepts}
		msg       = &message{kind: processStarted}
		cancelled = parent.Done()
		result    = make(chan *message, 1)
		missed    *message         // comes next
		retry     <-chan time.Time // the manager did not take the last report
		retryIn   time.Duration
		settled   <-chan time.Time
		heart     <-chan time.Time
		start     countdown
		stop      countdown
		watchdog  countdown
	)
	start.begin(c.StartTimeout)
	for {
		before := m.status.State
		d := m.step(msg)
		var hung error
		if d.dump {
			hung = s.hung(msg.kind) // before the manager believes that it is over
		}
		if msg.kind == mainReturned && stopResult(msg.err, m.cause) != nil && c.Failed != nil {
			c.Failed(msg.err)
		}
		if d.report {
			err := s.manager.Report(m.status)
			if err == nil {
				retry, retryIn = nil, 0
			} else {
				first := retryIn == 0
				retryIn = min(max(2*retryIn, heartbeatEvery), time.Minute)
				retry = time.After(retryIn)
				if first {
					Tell(os.Stderr, fmt.Appendf(nil, "svcx: %s: reporting %s, which is tried again: %v\n", c.Name, spec.State(m.status.State).String(), err))
				}
			}
		}
		switch msg.kind {
		case processStarted:
			go s.callMain(ctx, result)
		case mainCalled:
			settled = time.After(grace)
		}
		if d.cancel != nil {
			cancel(d.cancel)
			stop.begin(c.StopTimeout)
		}
		if d.deliver != nil && !s.deliver(*d.deliver) {
			missed = &message{kind: eventLost, event: d.deliver.Kind}
		}
		if msg.ack != nil {
			close(msg.ack)
		}
		if hung != nil {
			return m.cause != nil, hung
		}
		if m.over {
			return m.cause != nil, stopResult(msg.err, m.cause)
		}
		if now := m.status.State; now != before {
			heart = nil
			watchdog.end()
			if now != StartPending {
				start.end()
			}
			if now.Pending() {
				heart = time.After(heartbeatEvery)
			} else if c.Alive == nil {
				watchdog.begin(c.Watchdog)
			}
		}

		msg = &message{}
		if missed != nil {
			msg, missed = missed, nil
			continue
		}
		select {
		case msg.control = <-s.manager.Controls():
			msg.kind = controlReceived
		case <-cancelled:
			cancelled = nil
			msg.kind, msg.err = contextCancelled, context.Cause(parent)
		case msg = <-s.calls:
		case msg = <-result:
		case <-settled:
			msg.kind = graceElapsed
			select { // on a busy machine Main may have reported before the timer fired
			case msg = <-result:
			case msg = <-s.calls:
				settled = time.After(grace)
			default:
			}
		case <-heart:
			heart = time.After(heartbeatEvery)
			msg.kind = heartbeat
		case <-retry:
			msg.kind = reportRetry
		case <-start.C():
			if !start.expired() {
				continue
			}
			msg.kind = startExpired
			select { // it may have become ready in time
			case msg = <-result:
			case msg = <-s.calls:
				start.begin(time.Nanosecond)
			default:
			}
		case <-stop.C():
			if !stop.expired() {
				continue
			}
			msg.kind = stopExpired
			select { // it may have returned in time
			case msg = <-result:
			default:
			}
		case <-watchdog.C():
			if !watchdog.expired() {
				continue
			}
			msg.kind = watchdogExpired
			select {
			case <-s.alive:
				msg.kind = aliveCalled
				watchdog.begin(c.Watchdog)
			case msg = <-result:
			default:
			}
		case <-s.alive:
			msg.kind = aliveCalled
			if c.Alive != nil {
				c.Alive()
			} else if !m.status.State.Pending() {
				watchdog.begin(c.Watchdog)
			}
		}
	}
}

// ErrGoexit is the error of a Main that has ended its goroutine.
var ErrGoexit = errors.New("svcx: Main ended its goroutine (runtime.Goexit)")

// callMain runs in its own goroutine and sends Main's result. A panic ends the process as usual in
// Go: the manager sees a dead process, and the crash file has the trace. Only a manager in this
// process catches it.
func (s *Supervisor) callMain(ctx context.Context, result chan<- *message) {
	msg := &message{kind: mainReturned, err: ErrGoexit}
	defer func() {
		if v := recover(); v != nil {
			c, ok := s.manager.(Container)
			if !ok {
				panic(v)
			}
			c.Panicked(v, stacks(false))
			msg = &message{kind: mainPanicked, err: spec.Errorf("svcx: Main panicked: %v", v)}
		}
		result <- msg
	}()
	if s.config.Prepare != nil {
		if msg.err = s.config.Prepare(ctx); msg.err != nil {
			return
		}
		msg.err = ErrGoexit
	}
	s.tell(&message{kind: mainCalled})
	msg.err = s.config.Main(ctx)
}

// hungError is an ErrHung with its exit code.
type hungError struct {
	reason string
	code   int
}

func (e *hungError) Error() string { return ErrHung.Error() + ": " + e.reason }
func (e *hungError) Unwrap() error { return ErrHung }
func (e *hungError) ExitCode() int { return e.code }

// hung keeps the stacks of all goroutines and returns the error that says why.
func (s *Supervisor) hung(why kind) error {
	err := &hungError{code: spec.ExitHung}
	switch why {
	case startExpired:
		err.reason = fmt.Sprintf("Main was not ready within %v", s.config.StartTimeout)
	case watchdogExpired:
		err.reason = fmt.Sprintf("Main did not call Alive for %v", s.config.Watchdog)
		err.code = spec.ExitFailed
	default:
		err.reason = fmt.Sprintf("Main did not return within %v of being asked to", s.config.StopTimeout)
	}
	s.config.Hung(fmt.Appendf(nil, "svcx: %s: %s; all goroutines:\n\n%s", s.config.Name, err.reason, stacks(true)))
	return err
}

// stacks returns the stack of this goroutine, or of all, cut at 16 MiB.
func stacks(all bool) []byte {
	for size := 64 << 10; ; size *= 2 {
		buf := make([]byte, size)
		if n := runtime.Stack(buf, all); n < size || size >= 16<<20 {
			return buf[:n]
		}
	}
}
