package svcx

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"time"

	"github.com/surefoot-go/surefoot/svcx/internal/scm"
)

// supervisor runs a service's main between a machine and a manager.
type supervisor struct {
	manager scm.Manager
	calls   chan event    // from main's goroutines
	fed     chan struct{} // signs of life, the latest only
	events  chan Event    // to main
	over    chan struct{}
}

type supervisorKey struct{}

func supervisorOf(ctx context.Context) *supervisor {
	s, _ := ctx.Value(supervisorKey{}).(*supervisor)
	return s
}

// tell hands e to the supervisor's loop and returns when the manager knows, or
// when the loop has ended.
func (s *supervisor) tell(e event) {
	e.ack = make(chan struct{})
	select {
	case s.calls <- e:
	case <-s.over:
		return
	}
	select {
	case <-e.ack:
	case <-s.over:
	}
}

// host is what differs between the processes that a supervisor runs in.
type host struct {
	prepare func(context.Context) error // runs before Main; its error counts as Main's
	hung    func(dump []byte)           // keeps the stacks of a Main that does not end
	fed     func()                      // tells another watchdog of a sign of life; nil: there is none but Service.Watchdog
}

// supervise runs prepare and then Main, and reports to manager until both are
// over. If Main hangs it returns an error that is ErrHung and leaves Main
// behind: the process must end then.
func (s *Service) supervise(parent context.Context, manager scm.Manager, h host) error {
	sup := &supervisor{
		manager: manager,
		calls:   make(chan event),
		fed:     make(chan struct{}, 1),
		events:  make(chan Event, 64),
		over:    make(chan struct{}),
	}
	defer close(sup.over)
	ctx, cancel := context.WithCancelCause(context.WithValue(context.WithoutCancel(parent), supervisorKey{}, sup))
	defer cancel(nil)

	var (
		m      = &machine{accepts: s.Accept.controls()}
		e      = event{happening: began}
		asks   = parent.Done()
		result = make(chan event, 1)
		missed *event           // comes next
		unsaid <-chan time.Time // the manager did not take the last report
		retry  time.Duration
		settle <-chan time.Time
		limit  <-chan time.Time
		beats  = time.NewTicker(beatEvery)
		hunger = time.NewTimer(time.Hour)
	)
	defer beats.Stop()
	hunger.Stop()
	for {
		before := m.status.State
		d := m.step(e)
		var hung error
		if d.dump {
			hung = s.hung(e.happening, h.hung) // before the manager believes that it is over
		}
		if d.report {
			err := manager.Report(m.status)
			if err == nil {
				unsaid, retry = nil, 0
			} else {
				first := retry == 0
				retry = min(max(2*retry, beatEvery), time.Minute)
				unsaid = time.After(retry)
				if first {
					tell(os.Stderr, fmt.Appendf(nil, "svcx: %s: reporting %v, which is tried again: %v\n", s.Name, State(m.status.State), err))
				}
			}
		}
		switch {
		case e.happening == began:
			go s.callMain(ctx, sup, h.prepare, result)
		case e.happening == called:
			settle = time.After(grace)
		}
		if d.cancel != nil {
			cancel(d.cancel)
			limit = time.After(s.stopTimeout())
		}
		if d.deliver != nil {
			if !sup.deliver(*d.deliver) {
				missed = &event{happening: lost, kind: d.deliver.Kind}
			}
		}
		if e.ack != nil {
			close(e.ack)
		}
		if hung != nil {
			return hung
		}
		if m.over {
			return stopResult(e.err, m.cause)
		}
		if now := m.status.State; now != before {
			beats.Stop()
			hunger.Stop()
			if now.Pending() {
				beats.Reset(beatEvery)
			} else if s.Watchdog > 0 && h.fed == nil {
				hunger.Reset(s.Watchdog)
			}
		}

		e = event{}
		if missed != nil {
			e, missed = *missed, nil
			continue
		}
		select {
		case e.control = <-manager.Controls():
			e.happening = controlled
		case <-asks:
			asks = nil
			e.happening, e.err = asked, context.Cause(parent)
		case e = <-sup.calls:
		case e = <-result:
		case <-settle:
			e.happening = settled
			select { // on a busy machine Main may have spoken in time
			case e = <-result:
			case e = <-sup.calls:
				settle = time.After(grace)
			default:
			}
		case <-beats.C:
			e.happening = beat
		case <-unsaid:
			e.happening = repeated
		case <-limit:
			e.happening = expired
			select {
			case e = <-result: // it has returned in time
			default:
			}
		case <-hunger.C:
			e.happening = starved
			select { // both may be old, where the system has slept
			case <-sup.fed:
				e.happening = fed
				hunger.Reset(s.Watchdog)
			case e = <-result:
			default:
			}
		case <-sup.fed:
			e.happening = fed
			if h.fed != nil {
				h.fed()
			} else if s.Watchdog > 0 && !m.status.State.Pending() {
				hunger.Reset(s.Watchdog)
			}
		}
	}
}

var errGoexit = errors.New("svcx: Main ended its goroutine (runtime.Goexit)")

// callMain runs in a goroutine of its own and sends what came of Main. A panic
// ends the process in Go's own way: the manager sees a dead process, and the
// crash file has the trace. Only a manager in this process catches it.
func (s *Service) callMain(ctx context.Context, sup *supervisor, prepare func(context.Context) error, result chan<- event) {
	e := event{happening: returned, err: errGoexit}
	defer func() {
		if v := recover(); v != nil {
			c, ok := sup.manager.(scm.Container)
			if !ok {
				panic(v)
			}
			c.Panicked(v, debug.Stack())
			e = event{happening: panicked, err: fmt.Errorf("svcx: Main panicked: %v", v)}
		}
		result <- e
	}()
	if e.err = prepare(ctx); e.err != nil {
		return
	}
	e.err = errGoexit
	sup.tell(event{happening: called})
	e.err = s.Main(ctx)
}

// hung has the stacks of all goroutines kept and returns the error that says why.
func (s *Service) hung(why happening, keep func([]byte)) error {
	reason := fmt.Sprintf("Main did not return within %v of being asked to", s.stopTimeout())
	code := exitHung
	if why == starved {
		reason = fmt.Sprintf("Main did not call Alive for %v", s.Watchdog)
		code = exitFailed
	}
	dump := fmt.Appendf(nil, "svcx: %s: %s; all goroutines:\n\n%s", s.Name, reason, stacks())
	keep(dump)
	return &ExitError{Code: code, Err: fmt.Errorf("%w: %s", ErrHung, reason)}
}

// stacks returns the stacks of all goroutines, cut at 16 MiB.
func stacks() []byte {
	for size := 64 << 10; ; size *= 2 {
		buf := make([]byte, size)
		if n := runtime.Stack(buf, true); n < size || size >= 16<<20 {
			return buf[:n]
		}
	}
}
