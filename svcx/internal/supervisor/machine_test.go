package supervisor

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/surefoot-go/surefoot/svcx/internal/spec"
)

var errMain = errors.New("main failed")

// always is the set of controls that every service accepts.
const always = AcceptStop | AcceptShutdown | AcceptPreshutdown

// coded is an error with an exit code.
type coded struct{ code int }

func (c *coded) Error() string { return "coded" }
func (c *coded) ExitCode() int { return c.code }

func randomAccepts(rnd *rand.Rand) uint32 {
	mask := uint32(always)
	for _, bit := range []uint32{AcceptPauseContinue, AcceptParamChange, AcceptSession, AcceptPower, AcceptCustom} {
		if rnd.IntN(2) == 0 {
			mask |= bit
		}
	}
	return mask
}

// TestMachine checks what is reported after each message in the life of a service.
func TestMachine(t *testing.T) {
	const running = always | AcceptPauseContinue | AcceptParamChange
	control := func(code uint32) message { return message{kind: controlReceived, control: Control{Code: code}} }
	start := Status{State: StartPending, CheckPoint: 1, WaitHint: heartbeatHint}
	run := Status{State: Running, Accepts: running}
	stop := Status{State: StopPending, CheckPoint: 1, WaitHint: heartbeatHint}
	at := func(s Status, checkpoint uint32) Status { s.CheckPoint = checkpoint; return s }
	failed := func(code uint32) Status {
		return Status{State: Stopped, ExitCode: ErrServiceSpecific, ServiceCode: code}
	}
	ended := Status{State: Stopped}

	for _, c := range []struct {
		name   string
		events []message
		want   []Status
		cause  error
		dump   bool
	}{
		{"a main that never asks is ready when it runs",
			[]message{{kind: mainCalled}, {kind: graceElapsed}}, []Status{start, run}, nil, false},
		{"Ready is ready at once, and once",
			[]message{{kind: readyCalled}, {kind: graceElapsed}, {kind: readyCalled}}, []Status{start, run}, nil, false},
		{"after Progress only Ready is ready",
			[]message{{kind: progressCalled, text: "loading"}, {kind: graceElapsed}, {kind: heartbeat}, {kind: readyCalled}},
			[]Status{start, {State: StartPending, CheckPoint: 2, WaitHint: heartbeatHint, Text: "loading", Progress: true},
				{State: StartPending, CheckPoint: 3, WaitHint: heartbeatHint, Text: "loading"}, run}, nil, false},
		{"an error before it is ready",
			[]message{{kind: mainReturned, err: errMain}}, []Status{start, failed(1)}, nil, false},
		{"an error with a code while it runs",
			[]message{{kind: readyCalled}, {kind: mainReturned, err: fmt.Errorf("x: %w", &coded{7})}}, []Status{start, run, failed(7)}, nil, false},
		{"nil unasked is no failure",
			[]message{{kind: readyCalled}, {kind: mainReturned}}, []Status{start, run, ended}, nil, false},
		{"a panic is reported by nobody: the process dies",
			[]message{{kind: readyCalled}, {kind: mainPanicked}, {kind: heartbeat}}, []Status{start, run}, nil, false},
		{"a slow stop",
			[]message{{kind: readyCalled}, control(Stop), {kind: heartbeat}, {kind: heartbeat}, {kind: mainReturned}},
			[]Status{start, run, stop, at(stop, 2), at(stop, 3), ended}, ErrStopped, false},
		{"an error after a stop is no failure",
			[]message{{kind: readyCalled}, control(Stop), {kind: mainReturned, err: errMain}}, []Status{start, run, stop, ended}, ErrStopped, false},
		{"two stops, shutdown and interrogate during a stop",
			[]message{{kind: readyCalled}, control(Stop), control(Stop), control(Shutdown), control(Interrogate), {kind: readyCalled}, {kind: mainReturned}},
			[]Status{start, run, stop, ended}, ErrStopped, false},
		{"a stop that takes too long",
			[]message{{kind: readyCalled}, control(Stop), {kind: stopExpired}, {kind: mainReturned}},
			[]Status{start, run, stop, {State: Stopped, ExitCode: ErrTimeout}}, ErrStopped, true},
		{"shutdown", []message{{kind: readyCalled}, control(Shutdown)}, []Status{start, run, stop}, ErrShutdown, false},
		{"preshutdown", []message{{kind: readyCalled}, control(Preshutdown)}, []Status{start, run, stop}, ErrShutdown, false},
		{"cancelled by the caller while it starts",
			[]message{{kind: contextCancelled, err: errMain}, {kind: graceElapsed}, {kind: readyCalled}}, []Status{start, stop}, errMain, false},
		{"pause and continue wait for main",
			[]message{{kind: readyCalled}, control(Pause), control(Pause), {kind: heartbeat}, {kind: eventDone, event: EventPause},
				control(Continue), {kind: eventDone, event: EventPause}, {kind: eventDone, event: EventContinue}},
			[]Status{start, run,
				{State: PausePending, Accepts: running, CheckPoint: 1, WaitHint: heartbeatHint},
				{State: PausePending, Accepts: running, CheckPoint: 2, WaitHint: heartbeatHint},
				{State: Paused, Accepts: running},
				{State: ContinuePending, Accepts: running, CheckPoint: 1, WaitHint: heartbeatHint}, run}, nil, false},
		{"a service that hangs in a pause can be stopped",
			[]message{{kind: readyCalled}, control(Pause), control(Stop)},
			[]Status{start, run, {State: PausePending, Accepts: running, CheckPoint: 1, WaitHint: heartbeatHint}, stop}, ErrStopped, false},
		{"two reloads are over when both are",
			[]message{{kind: readyCalled}, control(ParamChange), control(ParamChange), {kind: eventDone, event: EventReload}, {kind: eventDone, event: EventReload}},
			[]Status{start, run, {State: Running, Accepts: running, Reloading: true}, {State: Running, Accepts: running, Reloading: true}, run}, nil, false},
		{"what is not delivered does not happen",
			[]message{{kind: readyCalled}, control(Pause), {kind: eventLost, event: EventPause}, control(ParamChange), {kind: eventLost, event: EventReload}, control(Stop), {kind: eventLost, event: EventPause}},
			[]Status{start, run, {State: PausePending, Accepts: running, CheckPoint: 1, WaitHint: heartbeatHint}, run,
				{State: Running, Accepts: running, Reloading: true}, run, stop}, ErrStopped, false},
		{"what the manager did not take is said again",
			[]message{{kind: reportRetry}, {kind: readyCalled}, {kind: reportRetry}},
			[]Status{start, {State: StartPending, CheckPoint: 2, WaitHint: heartbeatHint}, run, run}, nil, false},
		{"controls that it does not accept change nothing",
			[]message{{kind: readyCalled}, control(Session), control(200), control(99)}, []Status{start, run}, nil, false},
		{"a watchdog that gets no food",
			[]message{{kind: readyCalled}, {kind: watchdogExpired}}, []Status{start, run, failed(1)}, nil, true},
		{"a start that takes too long",
			[]message{{kind: progressCalled, text: "x"}, {kind: startExpired}, {kind: readyCalled}},
			[]Status{start, {State: StartPending, CheckPoint: 2, WaitHint: heartbeatHint, Text: "x", Progress: true},
				{State: Stopped, ExitCode: ErrServiceSpecific, ServiceCode: spec.ExitHung, Text: "x"}}, nil, true},
		{"a limit of the start does not disturb what runs or stops",
			[]message{{kind: readyCalled}, {kind: startExpired}, control(Stop), {kind: startExpired}}, []Status{start, run, stop}, ErrStopped, false},
		{"a watchdog does not disturb a stop",
			[]message{{kind: readyCalled}, control(Stop), {kind: watchdogExpired}}, []Status{start, run, stop}, ErrStopped, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := &machine{accepts: always | AcceptPauseContinue | AcceptParamChange}
			var got []Status
			dump := false
			for _, e := range append([]message{{kind: processStarted}}, c.events...) {
				d := m.step(&e)
				if d.report {
					got = append(got, m.status)
				}
				dump = dump || d.dump
			}
			assert.Equal(t, c.want, got)
			assert.Equal(t, c.cause, m.cause)
			assert.Equal(t, c.dump, dump)
		})
	}
}

// TestMachineInvariants feeds a million random sequences of messages to the machine.
func TestMachineInvariants(t *testing.T) {
	sequences := 1_000_000
	if testing.Short() {
		sequences = 20_000
	}
	seed := rand.Uint64()
	rnd := rand.New(rand.NewPCG(seed, 0))
	codes := []uint32{Stop, Pause, Continue, Interrogate, Shutdown, ParamChange, Power, Session, Preshutdown, 7, 128, 255, 256}
	for i := range sequences {
		m := &machine{accepts: randomAccepts(rnd)}
		w := witness{}
		e := message{kind: processStarted}
		for range 1 + rnd.IntN(24) {
			if err := w.see(e, m.step(&e), m); err != nil {
				require.NoError(t, err, "seed %d, sequence %d", seed, i)
			}
			e = message{kind: kind(2 + rnd.UintN(uint(watchdogExpired)-1)), event: EventKind(rnd.UintN(7))}
			switch e.kind {
			case controlReceived:
				e.control.Code = codes[rnd.IntN(len(codes))]
			case progressCalled:
				e.text = "text"
			case contextCancelled, mainReturned:
				if e.kind == contextCancelled || rnd.IntN(2) == 0 {
					e.err = errMain
				}
			}
		}
	}
}

// witness checks invariants that hold for every service.
type witness struct {
	last              Status
	allowed, stopped  bool // RUNNING may be reported; STOPPED was reported
	progressed, ended bool
	cancels           int
}

func (w *witness) see(e message, d decision, m *machine) error {
	now := m.status
	w.progressed = w.progressed || e.kind == progressCalled
	w.allowed = w.allowed || e.kind == readyCalled || e.kind == graceElapsed && !w.progressed
	switch {
	case w.ended && (d.report || d.cancel || d.deliver != nil || d.dump):
		return fmt.Errorf("%v after the end: %+v", e.kind, d)
	case d.cancel:
		if w.cancels++; w.cancels > 1 {
			return errors.New("a second cause")
		}
	case d.deliver != nil && m.cause != nil:
		return errors.New("an event for a service that stops")
	}
	w.ended = w.ended || e.kind == mainPanicked
	if !d.report {
		return nil
	}
	was := w.last
	w.last = now
	pending := now.State.Pending()
	switch {
	case now.State == Running && !w.allowed:
		return errors.New("RUNNING before it was ready")
	case pending != (now.CheckPoint > 0) || pending != (now.WaitHint > 0):
		return fmt.Errorf("checkpoint %d, hint %v in state %d", now.CheckPoint, now.WaitHint, now.State)
	case pending && now.State == was.State && now.CheckPoint <= was.CheckPoint:
		return fmt.Errorf("checkpoint %d after %d", now.CheckPoint, was.CheckPoint)
	case was.State == StopPending && now.State != StopPending && now.State != Stopped:
		return fmt.Errorf("state %d after STOP_PENDING", now.State)
	case was.State != 0 && was.State != StartPending && now.State == StartPending:
		return fmt.Errorf("START_PENDING after state %d", was.State)
	case (now.State == StartPending || now.State == StopPending || now.State == Stopped) != (now.Accepts == 0):
		return fmt.Errorf("accepts %#x in state %d", now.Accepts, now.State)
	case now.Accepts&AcceptCustom != 0:
		return errors.New("a bit that Windows does not know")
	case now.ExitCode != 0 && now.State != Stopped:
		return fmt.Errorf("exit code %d in state %d", now.ExitCode, now.State)
	}
	if now.State == Stopped {
		if w.stopped {
			return errors.New("STOPPED twice")
		}
		w.stopped, w.ended = true, true
	}
	return nil
}

func TestAnswer(t *testing.T) {
	all := uint32(always | AcceptPauseContinue | AcceptParamChange | AcceptSession | AcceptPower | AcceptCustom)
	none := uint32(always)
	for code, c := range map[uint32]struct{ all, none uint32 }{
		Stop: {0, 0}, Shutdown: {0, 0}, Preshutdown: {0, 0}, Interrogate: {0, 0},
		Pause: {0, 120}, Continue: {0, 120}, ParamChange: {0, 120}, Power: {0, 120}, Session: {0, 120},
		128: {0, 120}, 255: {0, 120},
		0: {120, 120}, 7: {120, 120}, 11: {120, 120}, 127: {120, 120}, 256: {120, 120},
	} {
		assert.Equal(t, c.all, Answer(code, all), "control %d, all accepted", code)
		assert.Equal(t, c.none, Answer(code, none), "control %d, none accepted", code)
	}
}
