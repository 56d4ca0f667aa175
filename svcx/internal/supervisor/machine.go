package supervisor

import (
	"context"
	"errors"
	"time"

	"github.com/surefoot-go/surefoot/svcx/internal/spec"
)

// Why Main's context was cancelled; package svcx documents them.
const (
	ErrStopped  = spec.ErrStopped
	ErrShutdown = spec.ErrShutdown
)

const (
	heartbeatEvery = 2 * time.Second    // interval between checkpoints in a pending state
	heartbeatHint  = 3 * heartbeatEvery // the corresponding wait hint
	grace          = 100 * time.Millisecond
)

// machine decides what to report to the manager. Its decisions depend only on the sequence of
// messages; the supervisor carries them out.
type machine struct {
	status     Status // as last reported; State is 0 before the first report
	accepts    uint32 // the controls accepted while the service is running
	cause      error  // why Main was asked to stop; nil if it was not
	progressed bool   // Main called Progress before Ready
	reloads    int    // Reload events delivered, but not done
	over       bool
}

// A kind is the kind of a message.
type kind uint8

const (
	nothing          kind = iota
	processStarted        // the process is connected to its manager
	mainCalled            // Main is about to run
	graceElapsed          // Main has been running for the grace period
	readyCalled           // Main called Ready
	progressCalled        // Main called Progress
	controlReceived       // the manager sent a control
	contextCancelled      // the caller of Run cancelled its context
	eventDone             // Main called Done on an event
	eventLost             // an event was dropped because too many are waiting
	heartbeat             // a pending state has lasted heartbeatEvery
	reportRetry           // the last report failed and is due again
	mainReturned
	mainPanicked    // Main panicked; the process dies
	startExpired    // Main was not ready within StartTimeout
	stopExpired     // Main did not return within StopTimeout
	watchdogExpired // Main did not call Alive in time
)

// A message is an input of the machine.
type message struct {
	kind
	control Control       // controlReceived
	event   EventKind     // eventDone, eventLost
	text    string        // progressCalled
	err     error         // mainReturned, contextCancelled
	ack     chan struct{} // closed when the message has been handled; may be nil
}

// A decision is the machine's response to a message.
type decision struct {
	report  bool   // report machine.status to the manager
	cancel  bool   // cancel Main's context with machine.cause
	dump    bool   // dump the stacks of all goroutines: Main is hung
	deliver *Event // deliver this event to Main
}

func (m *machine) step(msg *message) decision {
	if m.over {
		return decision{}
	}
	m.status.Progress = msg.kind == progressCalled
	switch msg.kind {
	case processStarted:
		return m.enter(StartPending)
	case graceElapsed:
		if m.status.State == StartPending && !m.progressed {
			return m.enter(Running)
		}
	case readyCalled:
		if m.status.State == StartPending {
			m.status.Text = ""
			return m.enter(Running)
		}
	case progressCalled:
		m.status.Text = msg.text
		m.progressed = true
		return m.heartbeat(true)
	case heartbeat:
		return m.heartbeat(false)
	case reportRetry:
		m.heartbeat(false)
		return decision{report: true}
	case controlReceived:
		return m.control(msg.control)
	case contextCancelled:
		return m.requestStop(msg.err)
	case eventDone:
		return m.finish(msg.event)
	case eventLost:
		return m.lose(msg.event)
	case mainReturned:
		return m.end(msg.err)
	case mainPanicked:
		m.over = true
	case startExpired:
		if m.status.State == StartPending {
			return m.hang(ErrServiceSpecific, spec.ExitHung)
		}
	case stopExpired:
		if m.status.State == StopPending {
			return m.hang(ErrTimeout, 0)
		}
	case watchdogExpired:
		if m.cause == nil {
			return m.hang(ErrServiceSpecific, spec.ExitFailed)
		}
	}
	return decision{}
}

// hang stops a service whose Main is hung.
func (m *machine) hang(exit, code uint32) decision {
	m.status.ExitCode, m.status.ServiceCode = exit, code
	d := m.enter(Stopped)
	d.dump = true
	return d
}

// enter changes the state. Only pending states have a checkpoint and a wait hint. A service that is
// starting or stopping accepts no controls.
func (m *machine) enter(state State) decision {
	m.status.State = state
	m.status.CheckPoint, m.status.WaitHint = 0, 0
	if state.Pending() {
		m.status.CheckPoint, m.status.WaitHint = 1, heartbeatHint
	}
	m.status.Accepts = m.accepts &^ AcceptCustom
	switch state {
	case StartPending, StopPending, Stopped:
		m.status.Accepts = 0
	}
	m.over = state == Stopped
	return decision{report: true}
}

// heartbeat raises the checkpoint in a pending state. If text is set, it reports in any state.
func (m *machine) heartbeat(text bool) decision {
	if m.status.State.Pending() {
		m.status.CheckPoint++
		text = true
	}
	return decision{report: text}
}

func (m *machine) control(c Control) decision {
	state := m.status.State
	switch {
	case c.Code == Stop:
		return m.requestStop(ErrStopped)
	case c.Code == Shutdown || c.Code == Preshutdown:
		return m.requestStop(ErrShutdown)
	case m.cause != nil || Answer(c.Code, m.accepts) != NoError:
		return decision{}
	case c.Code == Pause:
		if state != Running {
			return decision{}
		}
		d := m.enter(PausePending)
		d.deliver = &Event{Kind: EventPause}
		return d
	case c.Code == Continue:
		if state != Paused {
			return decision{}
		}
		d := m.enter(ContinuePending)
		d.deliver = &Event{Kind: EventContinue}
		return d
	case c.Code == ParamChange:
		m.reloads++
		m.status.Reloading = true
		return decision{report: !state.Pending(), deliver: &Event{Kind: EventReload}}
	}
	return decision{deliver: newEvent(c)}
}

func (m *machine) requestStop(cause error) decision {
	if m.cause != nil {
		return decision{} // already stopping
	}
	m.cause = cause
	d := m.enter(StopPending)
	d.cancel = true
	return d
}

func (m *machine) finish(e EventKind) decision {
	state := m.status.State
	switch {
	case e == EventPause && state == PausePending:
		return m.enter(Paused)
	case e == EventContinue && state == ContinuePending:
		return m.enter(Running)
	case e == EventReload && m.reloads > 0:
		m.reloads--
		m.status.Reloading = m.reloads > 0
		return decision{report: !state.Pending() && !m.status.Reloading}
	}
	return decision{}
}

// lose is like finish, for an event that was not delivered: the requested change of state does not
// happen.
func (m *machine) lose(e EventKind) decision {
	state := m.status.State
	switch {
	case e == EventPause && state == PausePending:
		return m.enter(Running)
	case e == EventContinue && state == ContinuePending:
		return m.enter(Paused)
	}
	return m.finish(e)
}

// end handles Main's return. An error counts as a failure only if no stop was requested, since the
// manager must not restart a service that it has just stopped.
func (m *machine) end(err error) decision {
	if err != nil && m.cause == nil {
		m.status.ExitCode, m.status.ServiceCode = ErrServiceSpecific, uint32(spec.ExitCode(err))
	}
	return m.enter(Stopped)
}

// stopResult returns Run's result for Main's error. After a requested stop, the context's own error
// is not a failure.
func stopResult(err, cause error) error {
	if cause != nil && (errors.Is(err, context.Canceled) || errors.Is(err, cause)) {
		return nil
	}
	return err
}
