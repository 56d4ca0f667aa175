package svcx

import (
	"context"
	"errors"
	"time"

	"github.com/surefoot-go/surefoot/svcx/internal/scm"
)

const (
	beatEvery = 2 * time.Second // a pending state's checkpoint rises this often
	beatHint  = 3 * beatEvery   // and promises to within this time
	grace     = 100 * time.Millisecond
)

// machine knows what to tell the manager. It is a pure function of what
// happens, in the order in which it happens; the supervisor does what it
// decides.
type machine struct {
	status     scm.Status // as reported last; State 0: nothing yet
	accepts    uint32     // the controls accepted while it runs
	cause      error      // why main was asked to end; nil: it was not
	progressed bool       // main has asked for time to start
	reloads    int        // delivered and not done
	over       bool
}

type happening uint8

const (
	began      happening = iota // the process talks to its manager
	called                      // main is about to run
	settled                     // main has run for the grace period
	readied                     // main called Ready
	progressed                  // main called Progress
	controlled                  // the manager sent a control
	asked                       // who called Run cancelled its context
	finished                    // main called Done on an event
	lost                        // an event was not delivered: too many wait
	beat                        // a pending state has lasted beatEvery
	repeated                    // the manager did not take the last report
	returned                    // main returned
	panicked                    // main panicked; the process dies
	expired                     // main did not end within StopTimeout
	starved                     // main did not call Alive in time
	fed                         // main called Alive
)

// event is a happening and what belongs to it.
type event struct {
	happening
	control scm.Control   // controlled
	kind    EventKind     // finished, lost
	text    string        // progressed
	err     error         // returned, asked
	ack     chan struct{} // closed when it is dealt with; may be nil
}

// decision is what to do about an event.
type decision struct {
	report  bool   // tell the manager machine.status
	cancel  error  // cancel main's context with this cause
	deliver *Event // hand this to main
	dump    bool   // write where every goroutine is: main hangs
}

func (m *machine) step(e event) decision {
	if m.over {
		return decision{}
	}
	m.status.Progress = e.happening == progressed
	switch e.happening {
	case began:
		return m.enter(scm.StartPending)
	case settled:
		if m.status.State == scm.StartPending && !m.progressed {
			return m.enter(scm.Running)
		}
	case readied:
		if m.status.State == scm.StartPending {
			m.status.Text = ""
			return m.enter(scm.Running)
		}
	case progressed:
		m.status.Text = e.text
		m.progressed = true
		return m.beat(true)
	case beat:
		return m.beat(false)
	case repeated:
		m.beat(false)
		return decision{report: true}
	case controlled:
		return m.control(e.control)
	case asked:
		return m.stop(e.err)
	case finished:
		return m.finish(e.kind)
	case lost:
		return m.lose(e.kind)
	case returned:
		return m.end(e.err)
	case panicked:
		m.over = true
	case expired:
		if m.status.State == scm.StopPending {
			m.status.ExitCode = scm.ErrTimeout
			d := m.enter(scm.Stopped)
			d.dump = true
			return d
		}
	case starved:
		if m.cause == nil {
			m.status.ExitCode, m.status.ServiceCode = scm.ErrServiceSpecific, 1
			d := m.enter(scm.Stopped)
			d.dump = true
			return d
		}
	}
	return decision{}
}

// enter changes the state. Checkpoint and hint are of pending states only; a
// service that starts or stops accepts nothing.
func (m *machine) enter(state scm.State) decision {
	m.status.State = state
	m.status.CheckPoint, m.status.WaitHint = 0, 0
	if state.Pending() {
		m.status.CheckPoint, m.status.WaitHint = 1, beatHint
	}
	m.status.Accepts = m.accepts &^ scm.AcceptCustom
	switch state {
	case scm.StartPending, scm.StopPending, scm.Stopped:
		m.status.Accepts = 0
	}
	m.over = state == scm.Stopped
	return decision{report: true}
}

// beat raises the checkpoint. A text is reported in any state.
func (m *machine) beat(text bool) decision {
	if m.status.State.Pending() {
		m.status.CheckPoint++
		text = true
	}
	return decision{report: text}
}

func (m *machine) control(c scm.Control) decision {
	state := m.status.State
	switch {
	case c.Code == scm.Stop:
		return m.stop(ErrStopped)
	case c.Code == scm.Shutdown || c.Code == scm.Preshutdown:
		return m.stop(ErrShutdown)
	case m.cause != nil || scm.Answer(c.Code, m.accepts) != scm.NoError:
		return decision{}
	case c.Code == scm.Pause:
		if state != scm.Running {
			return decision{}
		}
		d := m.enter(scm.PausePending)
		d.deliver = &Event{Kind: Pause}
		return d
	case c.Code == scm.Continue:
		if state != scm.Paused {
			return decision{}
		}
		d := m.enter(scm.ContinuePending)
		d.deliver = &Event{Kind: Continue}
		return d
	case c.Code == scm.ParamChange:
		m.reloads++
		m.status.Reloading = true
		return decision{report: !state.Pending(), deliver: &Event{Kind: Reload}}
	}
	return decision{deliver: newEvent(c)}
}

func (m *machine) stop(cause error) decision {
	if m.cause != nil {
		return decision{} // it stops already
	}
	m.cause = cause
	d := m.enter(scm.StopPending)
	d.cancel = cause
	return d
}

func (m *machine) finish(kind EventKind) decision {
	state := m.status.State
	switch {
	case kind == Pause && state == scm.PausePending:
		return m.enter(scm.Paused)
	case kind == Continue && state == scm.ContinuePending:
		return m.enter(scm.Running)
	case kind == Reload && m.reloads > 0:
		m.reloads--
		m.status.Reloading = m.reloads > 0
		return decision{report: !state.Pending() && !m.status.Reloading}
	}
	return decision{}
}

// lose is finish for an event that main will never see: what it asks for does
// not happen.
func (m *machine) lose(kind EventKind) decision {
	state := m.status.State
	switch {
	case kind == Pause && state == scm.PausePending:
		return m.enter(scm.Running)
	case kind == Continue && state == scm.ContinuePending:
		return m.enter(scm.Paused)
	}
	return m.finish(kind)
}

// end is main's return. Only a failure that nobody asked for is one to the
// manager: it must not restart a service that it has just stopped.
func (m *machine) end(err error) decision {
	if err != nil && m.cause == nil {
		m.status.ExitCode, m.status.ServiceCode = scm.ErrServiceSpecific, uint32(ExitCode(err))
	}
	return m.enter(scm.Stopped)
}

// stopResult is what Run returns for what main returned after it was asked to
// end: its context's own error is no failure.
func stopResult(err, cause error) error {
	if cause != nil && (errors.Is(err, context.Canceled) || errors.Is(err, cause)) {
		return nil
	}
	return err
}
