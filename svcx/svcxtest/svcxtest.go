// Package svcxtest provides a service manager for tests. On any system, it runs a [svcx.Service] in
// the test's process as the Windows service control manager would. A test can check that the
// service reports when it is ready, ends when it is stopped, and fails with the right exit code.
//
//	m := svcxtest.Start(t, service)
//	m.Ready(5 * time.Second)
//	err := m.Stop(time.Second)
//
// It installs nothing and catches no signals. Several services can run at the same time. They can
// also run in a testing/synctest bubble, where timeouts take no real time. A service that is still
// running at the end of the test is stopped; if it does not end within its StopTimeout, the test
// fails.
package svcxtest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/surefoot-go/surefoot/svcx"
	"github.com/surefoot-go/surefoot/svcx/internal/supervisor"
)

var (
	// ErrKilled is the cause of a context that [Manager.Kill] cancelled.
	ErrKilled = errors.New("svcxtest: killed")
	// ErrNotAccepted is returned for a control that the service can't receive now: it does not
	// accept that control (Windows errors 120 and 1052), or it is starting, stopping or stopped
	// (1061, 1062).
	ErrNotAccepted = errors.New("svcxtest: the service does not accept that control now")
)

// Report is one status report of the service to its manager.
type Report struct {
	State      svcx.State
	CheckPoint uint32        // increases in pending states, otherwise 0
	WaitHint   time.Duration // time until the next report is due, otherwise 0
	ExitCode   int           // in state Stopped; as in [svcx.Status]
	Text       string        // the status passed to Progress
	Reloading  bool
	At         time.Time
}

// Manager runs one service once. Its methods may be called from any goroutine of the test. A method
// that waits or requires the service to accept a control may call Fatalf, so call it from the
// test's goroutine.
type Manager struct {
	t       testing.TB
	service *svcx.Service
	kill    context.CancelCauseFunc
	side    *side
	done    chan struct{} // Run has returned
	err     error         // Run's result
}

// Start starts the service with args, as passed to StartService, and returns immediately.
func Start(t testing.TB, s *svcx.Service, args ...string) *Manager {
	t.Helper()
	ctx, kill := context.WithCancelCause(context.Background())
	m := &Manager{t: t, service: s, kill: kill, done: make(chan struct{}),
		side: &side{args: args, controls: make(chan supervisor.Control, 64), changed: make(chan struct{})}}
	go func() {
		defer close(m.done)
		m.err = s.Run(supervisor.With(ctx, m.side))
		m.side.end()
	}()
	t.Cleanup(func() {
		kill(svcx.ErrStopped) // even while the service is starting
		<-m.done              // takes at most StopTimeout
		if errors.Is(m.err, svcx.ErrHung) {
			t.Errorf("svcxtest: %s", m.side.stacks)
		}
	})
	return m
}

// Ready waits until the service is running. It fails the test if the service ends first or is not
// ready in time.
func (m *Manager) Ready(within time.Duration) {
	m.t.Helper()
	m.await(within, "run", func(s supervisor.State) bool { return s == supervisor.Running })
}

// Stop asks the service to stop (cause [svcx.ErrStopped]) and returns Run's error. It fails the
// test if the service does not end in time.
func (m *Manager) Stop(within time.Duration) error {
	m.t.Helper()
	return m.end(supervisor.Stop, within)
}

// Shutdown is like Stop, but simulates a system shutdown (cause [svcx.ErrShutdown]).
func (m *Manager) Shutdown(within time.Duration) error {
	m.t.Helper()
	return m.end(supervisor.Preshutdown, within)
}

func (m *Manager) end(code uint32, within time.Duration) error {
	m.t.Helper()
	// A manager can't stop a service that is starting, so wait as a manager does.
	limit := time.Now().Add(within)
	m.await(within, "stop", func(s supervisor.State) bool { return s != 0 && s != supervisor.StartPending })
	m.send(supervisor.Control{Code: code})
	return m.Wait(time.Until(limit))
}

// Wait waits until the service ends on its own, and returns Run's error. It fails the test if that
// takes too long.
func (m *Manager) Wait(within time.Duration) error {
	m.t.Helper()
	timer := time.NewTimer(within)
	defer timer.Stop()
	select {
	case <-m.done:
		return m.err
	case <-timer.C:
	}
	select {
	case <-m.done: // it ended at the same moment
		return m.err
	default:
	}
	m.t.Fatalf("svcxtest: %s did not end within %v; it reported %s", m.service.Name, within, m.side)
	return nil
}

// Kill simulates the sudden death of the service's process: the manager receives no more reports
// and considers the service crashed (1067). Since Go can't terminate Main's goroutines, Main's
// context is cancelled with [ErrKilled], so that they can return without the work of an orderly
// stop.
func (m *Manager) Kill() {
	m.side.die()
	m.kill(ErrKilled)
}

// Pause asks the service to pause and waits until it has called Done. It fails the test if the
// service does not accept that control.
func (m *Manager) Pause(within time.Duration) {
	m.t.Helper()
	m.ask(supervisor.Control{Code: supervisor.Pause})
	m.await(within, "pause", func(s supervisor.State) bool { return s == supervisor.Paused })
}

// Continue asks a paused service to continue and waits until it has called Done. It fails the test
// if the service does not accept that control.
func (m *Manager) Continue(within time.Duration) {
	m.t.Helper()
	m.ask(supervisor.Control{Code: supervisor.Continue})
	m.await(within, "continue", func(s supervisor.State) bool { return s == supervisor.Running })
}

// Reload asks the service to reload its configuration and returns immediately. It fails the test if
// the service does not accept that control.
func (m *Manager) Reload() {
	m.t.Helper()
	m.ask(supervisor.Control{Code: supervisor.ParamChange})
}

// Session sends a WTS_ session event to the service. It fails the test if the service does not
// accept these events.
func (m *Manager) Session(code, session uint32) {
	m.t.Helper()
	m.ask(supervisor.Control{Code: supervisor.Session, Type: code, Data: []byte{8, 0, 0, 0,
		byte(session), byte(session >> 8), byte(session >> 16), byte(session >> 24)}})
}

// Power sends a PBT_ power event to the service. It fails the test if the service does not accept
// these events. data is the event's POWERBROADCAST_SETTING, if any.
func (m *Manager) Power(code uint32, data []byte) {
	m.t.Helper()
	m.ask(supervisor.Control{Code: supervisor.Power, Type: code, Data: append([]byte(nil), data...)})
}

// Control sends a control by its number, or returns [ErrNotAccepted].
func (m *Manager) Control(code uint32) error { return m.send(supervisor.Control{Code: code}) }

func (m *Manager) ask(c supervisor.Control) {
	m.t.Helper()
	if err := m.send(c); err != nil {
		m.t.Fatalf("%v: control %d of %s, which reported %s", err, c.Code, m.service.Name, m.side)
	}
}

// send delivers a control as the SCM and the service's control handler would.
func (m *Manager) send(c supervisor.Control) error {
	state, accepts := m.side.now()
	switch state {
	case supervisor.Running, supervisor.Paused, supervisor.PausePending, supervisor.ContinuePending:
	default:
		return ErrNotAccepted
	}
	if m.service.Accept&svcx.AcceptCustom != 0 {
		accepts |= supervisor.AcceptCustom
	}
	if supervisor.Answer(c.Code, accepts) != supervisor.NoError {
		return ErrNotAccepted
	}
	m.side.controls <- c
	return nil
}

// History returns all reports of the service.
func (m *Manager) History() []Report {
	m.side.mu.Lock()
	defer m.side.mu.Unlock()
	return append([]Report(nil), m.side.reports...)
}

// States returns the sequence of the service's states, without consecutive duplicates.
func (m *Manager) States() (states []svcx.State) {
	for _, r := range m.History() {
		if len(states) == 0 || states[len(states)-1] != r.State {
			states = append(states, r.State)
		}
	}
	return states
}

// ExitCode returns the exit code of the service, as in [svcx.Status], or 0 while it is running.
func (m *Manager) ExitCode() int {
	m.side.mu.Lock()
	defer m.side.mu.Unlock()
	return m.side.exit
}

// AssertStates fails the test unless the service went through exactly these states.
func (m *Manager) AssertStates(want ...svcx.State) {
	m.t.Helper()
	if got := m.States(); fmt.Sprint(got) != fmt.Sprint(want) {
		m.t.Errorf("svcxtest: %s went through %v, want %v", m.service.Name, got, want)
	}
}

// AssertExitCode fails the test unless the service ended with exit code want.
func (m *Manager) AssertExitCode(want int) {
	m.t.Helper()
	if got := m.ExitCode(); got != want {
		m.t.Errorf("svcxtest: %s ended with exit code %d, want %d", m.service.Name, got, want)
	}
}

// await waits until ok returns true for the service's state. what completes the failure messages.
func (m *Manager) await(within time.Duration, what string, ok func(supervisor.State) bool) {
	m.t.Helper()
	timer := time.NewTimer(within)
	defer timer.Stop()
	for {
		changed := m.side.change()
		state, _ := m.side.now()
		switch {
		case ok(state):
			return
		case state == supervisor.Stopped:
			<-m.done
			m.t.Fatalf("svcxtest: %s has ended with exit code %d, it can't %s: %v", m.service.Name, m.ExitCode(), what, m.err)
		}
		select {
		case <-changed:
		case <-timer.C:
			if state, _ := m.side.now(); ok(state) {
				return
			}
			m.t.Fatalf("svcxtest: %s did not %s within %v; it reported %s", m.service.Name, what, within, m.side)
		}
	}
}

// side is the manager as seen by the service.
type side struct {
	args     []string
	controls chan supervisor.Control

	mu      sync.Mutex
	reports []Report
	state   supervisor.State
	accepts uint32
	exit    int
	stacks  []byte        // of all goroutines, if Main hung
	deaf    bool          // killed or crashed: further reports are ignored
	changed chan struct{} // closed at the next change
}

func (s *side) Controls() <-chan supervisor.Control { return s.controls }
func (s *side) Arguments() []string                 { return s.args }

func (s *side) Report(now supervisor.Status) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.deaf {
		return nil
	}
	s.state, s.accepts = now.State, now.Accepts
	r := Report{State: svcx.State(now.State), CheckPoint: now.CheckPoint, WaitHint: now.WaitHint, Text: now.Text, Reloading: now.Reloading, At: time.Now()}
	if r.ExitCode = int(now.ExitCode); now.ExitCode == supervisor.ErrServiceSpecific {
		r.ExitCode = int(now.ServiceCode)
	}
	s.exit = r.ExitCode
	s.reports = append(s.reports, r)
	s.wake()
	return nil
}

func (s *side) Panicked(value any, stack []byte) { s.die() }

func (s *side) Hung(stacks []byte) { s.stacks = stacks }

// die sets the status that Windows reports for a dead process.
func (s *side) die() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.deaf || s.state == supervisor.Stopped {
		return
	}
	s.deaf, s.state, s.accepts, s.exit = true, supervisor.Stopped, 0, supervisor.ErrProcessAborted
	s.reports = append(s.reports, Report{State: svcx.Stopped, ExitCode: s.exit, At: time.Now()})
	s.wake()
}

// end marks the service as stopped, for a service whose Run returned without reporting that.
func (s *side) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state = supervisor.Stopped
	s.wake()
}

func (s *side) wake() {
	close(s.changed)
	s.changed = make(chan struct{})
}

func (s *side) change() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.changed
}

func (s *side) now() (supervisor.State, uint32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state, s.accepts
}

// String lists the reports.
func (s *side) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var words []string
	for _, r := range s.reports {
		word := r.State.String()
		if r.CheckPoint > 0 {
			word += fmt.Sprintf("(%d)", r.CheckPoint)
		}
		words = append(words, word)
	}
	if words == nil {
		return "nothing"
	}
	return strings.Join(words, " ")
}
