package svcx

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/surefoot-go/surefoot/svcx/internal/scm"
)

var errMain = errors.New("main failed")

// TestMachine follows lives of services: what is reported after each event.
func TestMachine(t *testing.T) {
	const running = scm.AcceptStop | scm.AcceptShutdown | scm.AcceptPreshutdown | scm.AcceptPauseContinue | scm.AcceptParamChange
	control := func(code uint32) event { return event{happening: controlled, control: scm.Control{Code: code}} }
	start := scm.Status{State: scm.StartPending, CheckPoint: 1, WaitHint: beatHint}
	run := scm.Status{State: scm.Running, Accepts: running}
	stop := scm.Status{State: scm.StopPending, CheckPoint: 1, WaitHint: beatHint}
	at := func(s scm.Status, checkpoint uint32) scm.Status { s.CheckPoint = checkpoint; return s }
	failed := func(code uint32) scm.Status {
		return scm.Status{State: scm.Stopped, ExitCode: scm.ErrServiceSpecific, ServiceCode: code}
	}
	ended := scm.Status{State: scm.Stopped}

	for _, c := range []struct {
		name   string
		events []event
		want   []scm.Status
		cause  error
		dump   bool
	}{
		{"a main that never asks is ready when it runs",
			[]event{{happening: called}, {happening: settled}}, []scm.Status{start, run}, nil, false},
		{"Ready is ready at once, and once",
			[]event{{happening: readied}, {happening: settled}, {happening: readied}}, []scm.Status{start, run}, nil, false},
		{"after Progress only Ready is ready",
			[]event{{happening: progressed, text: "loading"}, {happening: settled}, {happening: beat}, {happening: readied}},
			[]scm.Status{start, {State: scm.StartPending, CheckPoint: 2, WaitHint: beatHint, Text: "loading", Progress: true},
				{State: scm.StartPending, CheckPoint: 3, WaitHint: beatHint, Text: "loading"}, run}, nil, false},
		{"an error before it is ready",
			[]event{{happening: returned, err: errMain}}, []scm.Status{start, failed(1)}, nil, false},
		{"an error with a code while it runs",
			[]event{{happening: readied}, {happening: returned, err: fmt.Errorf("x: %w", &ExitError{7, errMain})}}, []scm.Status{start, run, failed(7)}, nil, false},
		{"nil unasked is no failure",
			[]event{{happening: readied}, {happening: returned}}, []scm.Status{start, run, ended}, nil, false},
		{"a panic is reported by nobody: the process dies",
			[]event{{happening: readied}, {happening: panicked}, {happening: beat}}, []scm.Status{start, run}, nil, false},
		{"a slow stop",
			[]event{{happening: readied}, control(scm.Stop), {happening: beat}, {happening: beat}, {happening: returned}},
			[]scm.Status{start, run, stop, at(stop, 2), at(stop, 3), ended}, ErrStopped, false},
		{"an error after a stop is no failure",
			[]event{{happening: readied}, control(scm.Stop), {happening: returned, err: errMain}}, []scm.Status{start, run, stop, ended}, ErrStopped, false},
		{"two stops, shutdown and interrogate during a stop",
			[]event{{happening: readied}, control(scm.Stop), control(scm.Stop), control(scm.Shutdown), control(scm.Interrogate), {happening: readied}, {happening: returned}},
			[]scm.Status{start, run, stop, ended}, ErrStopped, false},
		{"a stop that takes too long",
			[]event{{happening: readied}, control(scm.Stop), {happening: expired}, {happening: returned}},
			[]scm.Status{start, run, stop, {State: scm.Stopped, ExitCode: scm.ErrTimeout}}, ErrStopped, true},
		{"shutdown", []event{{happening: readied}, control(scm.Shutdown)}, []scm.Status{start, run, stop}, ErrShutdown, false},
		{"preshutdown", []event{{happening: readied}, control(scm.Preshutdown)}, []scm.Status{start, run, stop}, ErrShutdown, false},
		{"cancelled by the caller while it starts",
			[]event{{happening: asked, err: errMain}, {happening: settled}, {happening: readied}}, []scm.Status{start, stop}, errMain, false},
		{"pause and continue wait for main",
			[]event{{happening: readied}, control(scm.Pause), control(scm.Pause), {happening: beat}, {happening: finished, kind: Pause},
				control(scm.Continue), {happening: finished, kind: Pause}, {happening: finished, kind: Continue}},
			[]scm.Status{start, run,
				{State: scm.PausePending, Accepts: running, CheckPoint: 1, WaitHint: beatHint},
				{State: scm.PausePending, Accepts: running, CheckPoint: 2, WaitHint: beatHint},
				{State: scm.Paused, Accepts: running},
				{State: scm.ContinuePending, Accepts: running, CheckPoint: 1, WaitHint: beatHint}, run}, nil, false},
		{"a service that hangs in a pause can be stopped",
			[]event{{happening: readied}, control(scm.Pause), control(scm.Stop)},
			[]scm.Status{start, run, {State: scm.PausePending, Accepts: running, CheckPoint: 1, WaitHint: beatHint}, stop}, ErrStopped, false},
		{"two reloads are over when both are",
			[]event{{happening: readied}, control(scm.ParamChange), control(scm.ParamChange), {happening: finished, kind: Reload}, {happening: finished, kind: Reload}},
			[]scm.Status{start, run, {State: scm.Running, Accepts: running, Reloading: true}, {State: scm.Running, Accepts: running, Reloading: true}, run}, nil, false},
		{"what is not delivered does not happen",
			[]event{{happening: readied}, control(scm.Pause), {happening: lost, kind: Pause}, control(scm.ParamChange), {happening: lost, kind: Reload}, control(scm.Stop), {happening: lost, kind: Pause}},
			[]scm.Status{start, run, {State: scm.PausePending, Accepts: running, CheckPoint: 1, WaitHint: beatHint}, run,
				{State: scm.Running, Accepts: running, Reloading: true}, run, stop}, ErrStopped, false},
		{"what the manager did not take is said again",
			[]event{{happening: repeated}, {happening: readied}, {happening: repeated}},
			[]scm.Status{start, {State: scm.StartPending, CheckPoint: 2, WaitHint: beatHint}, run, run}, nil, false},
		{"controls that it does not accept change nothing",
			[]event{{happening: readied}, control(scm.Session), control(200), control(99)}, []scm.Status{start, run}, nil, false},
		{"a watchdog that gets no food",
			[]event{{happening: readied}, {happening: starved}}, []scm.Status{start, run, failed(1)}, nil, true},
		{"a watchdog does not disturb a stop",
			[]event{{happening: readied}, control(scm.Stop), {happening: starved}}, []scm.Status{start, run, stop}, ErrStopped, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := &machine{accepts: (AcceptPause | AcceptReload).controls()}
			var got []scm.Status
			dump := false
			for _, e := range append([]event{{happening: began}}, c.events...) {
				d := m.step(e)
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

// TestMachineInvariants throws a million random sequences at the machine.
func TestMachineInvariants(t *testing.T) {
	sequences := 1_000_000
	if testing.Short() {
		sequences = 20_000
	}
	seed := rand.Uint64()
	rnd := rand.New(rand.NewPCG(seed, 0))
	codes := []uint32{scm.Stop, scm.Pause, scm.Continue, scm.Interrogate, scm.Shutdown, scm.ParamChange, scm.Power, scm.Session, scm.Preshutdown, 7, 128, 255, 256}
	for i := range sequences {
		m := &machine{accepts: Accepts(rnd.UintN(32)).controls()}
		w := witness{}
		e := event{happening: began}
		for range 1 + rnd.IntN(24) {
			if err := w.see(e, m.step(e), m); err != nil {
				require.NoError(t, err, "seed %d, sequence %d", seed, i)
			}
			e = event{happening: happening(1 + rnd.UintN(uint(fed))), kind: EventKind(rnd.UintN(7))}
			switch e.happening {
			case controlled:
				e.control.Code = codes[rnd.IntN(len(codes))]
			case progressed:
				e.text = "text"
			case asked, returned:
				if e.happening == asked || rnd.IntN(2) == 0 {
					e.err = errMain
				}
			}
		}
	}
}

// witness holds what must be true of every life.
type witness struct {
	last              scm.Status
	allowed, stopped  bool // RUNNING is allowed; STOPPED was reported
	progressed, ended bool
	cancels           int
}

func (w *witness) see(e event, d decision, m *machine) error {
	now := m.status
	w.progressed = w.progressed || e.happening == progressed
	w.allowed = w.allowed || e.happening == readied || e.happening == settled && !w.progressed
	switch {
	case w.ended && (d.report || d.cancel != nil || d.deliver != nil || d.dump):
		return fmt.Errorf("%v after the end: %+v", e.happening, d)
	case d.cancel != nil:
		if w.cancels++; w.cancels > 1 {
			return errors.New("a second cause")
		}
	case d.deliver != nil && m.cause != nil:
		return errors.New("an event for a service that stops")
	}
	w.ended = w.ended || e.happening == panicked
	if !d.report {
		return nil
	}
	was := w.last
	w.last = now
	pending := now.State.Pending()
	switch {
	case now.State == scm.Running && !w.allowed:
		return errors.New("RUNNING before it was ready")
	case pending != (now.CheckPoint > 0) || pending != (now.WaitHint > 0):
		return fmt.Errorf("checkpoint %d, hint %v in state %d", now.CheckPoint, now.WaitHint, now.State)
	case pending && now.State == was.State && now.CheckPoint <= was.CheckPoint:
		return fmt.Errorf("checkpoint %d after %d", now.CheckPoint, was.CheckPoint)
	case was.State == scm.StopPending && now.State != scm.StopPending && now.State != scm.Stopped:
		return fmt.Errorf("state %d after STOP_PENDING", now.State)
	case was.State != 0 && was.State != scm.StartPending && now.State == scm.StartPending:
		return fmt.Errorf("START_PENDING after state %d", was.State)
	case (now.State == scm.StartPending || now.State == scm.StopPending || now.State == scm.Stopped) != (now.Accepts == 0):
		return fmt.Errorf("accepts %#x in state %d", now.Accepts, now.State)
	case now.Accepts&scm.AcceptCustom != 0:
		return errors.New("a bit that Windows does not know")
	case now.ExitCode != 0 && now.State != scm.Stopped:
		return fmt.Errorf("exit code %d in state %d", now.ExitCode, now.State)
	}
	if now.State == scm.Stopped {
		if w.stopped {
			return errors.New("STOPPED twice")
		}
		w.stopped, w.ended = true, true
	}
	return nil
}

func TestAnswer(t *testing.T) {
	all := (AcceptPause | AcceptReload | AcceptSession | AcceptPower | AcceptCustom).controls()
	none := Accepts(0).controls()
	for code, c := range map[uint32]struct{ all, none uint32 }{
		scm.Stop: {0, 0}, scm.Shutdown: {0, 0}, scm.Preshutdown: {0, 0}, scm.Interrogate: {0, 0},
		scm.Pause: {0, 120}, scm.Continue: {0, 120}, scm.ParamChange: {0, 120}, scm.Power: {0, 120}, scm.Session: {0, 120},
		128: {0, 120}, 255: {0, 120},
		0: {120, 120}, 7: {120, 120}, 11: {120, 120}, 127: {120, 120}, 256: {120, 120},
	} {
		assert.Equal(t, c.all, scm.Answer(code, all), "control %d, all accepted", code)
		assert.Equal(t, c.none, scm.Answer(code, none), "control %d, none accepted", code)
	}
}
