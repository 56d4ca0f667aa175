package svcx

import (
	"context"
	"errors"
	"runtime"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/surefoot-go/surefoot/svcx/internal/spec"
	"github.com/surefoot-go/surefoot/svcx/internal/supervisor"
)

var errMain = errors.New("main failed")

// fake is a manager in the test's process.
type fake struct {
	controls chan supervisor.Control
	reports  []supervisor.Status
	panicked any
	stacks   string
	args     []string
	report   func(supervisor.Status) // called with each report; may be nil
	deaf     atomic.Bool             // reports fail
}

func newFake() *fake                                { return &fake{controls: make(chan supervisor.Control, 64)} }
func (f *fake) Controls() <-chan supervisor.Control { return f.controls }
func (f *fake) Panicked(v any, _ []byte)            { f.panicked = v }
func (f *fake) Hung(stacks []byte)                  { f.stacks = string(stacks) }
func (f *fake) Arguments() []string                 { return f.args }
func (f *fake) send(code uint32)                    { f.controls <- supervisor.Control{Code: code} }

func (f *fake) Report(s supervisor.Status) error {
	if f.deaf.Load() {
		return errors.New("deaf")
	}
	f.reports = append(f.reports, s)
	if f.report != nil {
		f.report(s)
	}
	return nil
}

func (f *fake) states() (states []State) {
	for _, r := range f.reports {
		states = append(states, State(r.State))
	}
	return states
}

func (f *fake) run(s *Service) error { return s.Run(supervisor.With(context.Background(), f)) }

func TestSuperviseHeartbeatUntilReady(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		err := f.run(&Service{Name: "x", Main: func(ctx context.Context) error {
			Progress(ctx, "migrating")
			time.Sleep(5 * time.Second)
			Ready(ctx)
			time.Sleep(time.Minute) // no heartbeats while it is running
			return nil
		}})
		require.NoError(t, err)
		assert.Equal(t, []State{StartPending, StartPending, StartPending, StartPending, Running, Stopped}, f.states())
		for i, r := range f.reports[:4] {
			assert.Equal(t, uint32(i+1), r.CheckPoint)
		}
	})
}

// TestSuperviseRepeats checks that a manager whose reports fail for a while receives the last one.
func TestSuperviseRepeats(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		f.deaf.Store(true)
		require.NoError(t, f.run(&Service{Name: "x", Main: func(ctx context.Context) error {
			Ready(ctx)
			time.Sleep(time.Hour)
			f.deaf.Store(false)
			time.Sleep(time.Hour)
			return nil
		}}))
		assert.Equal(t, []State{Running, Stopped}, f.states(), "once")
	})
}

func TestSuperviseGrace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		require.NoError(t, f.run(&Service{Name: "x", Main: func(context.Context) error {
			time.Sleep(101 * time.Millisecond)
			return nil
		}}))
		assert.Equal(t, []State{StartPending, Running, Stopped}, f.states(), "a main that never asks")

		f = newFake()
		require.ErrorIs(t, f.run(&Service{Name: "x", Main: func(context.Context) error { return errMain }}), errMain)
		assert.Equal(t, []State{StartPending, Stopped}, f.states(), "one that fails at once was never running")
	})
}

func TestSuperviseStop(t *testing.T) {
	for code, cause := range map[uint32]error{supervisor.Stop: ErrStopped, supervisor.Shutdown: ErrShutdown, supervisor.Preshutdown: ErrShutdown} {
		synctest.Test(t, func(t *testing.T) {
			f := newFake()
			go func() { time.Sleep(time.Second); f.send(code); f.send(code) }()
			err := f.run(&Service{Name: "x", Main: func(ctx context.Context) error {
				Ready(ctx)
				<-ctx.Done()
				assert.Equal(t, cause, context.Cause(ctx))
				time.Sleep(5 * time.Second)
				Progress(ctx, "draining")
				return ctx.Err()
			}})
			require.NoError(t, err, "the context's error is none after a stop")
			assert.Equal(t, []State{StartPending, Running, StopPending, StopPending, StopPending, StopPending, Stopped}, f.states())
			assert.Zero(t, f.reports[len(f.reports)-1].ExitCode)
		})
	}
}

func TestSuperviseCap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		release := make(chan bool)
		go func() { time.Sleep(time.Second); f.send(supervisor.Stop) }()
		begin := time.Now()
		err := f.run(&Service{Name: "x", StopTimeout: 7 * time.Second, Main: func(ctx context.Context) error {
			<-release
			Ready(ctx) // must not block after the end
			return nil
		}})
		assert.Equal(t, 8*time.Second, time.Since(begin))
		assert.Equal(t, spec.ExitHung, ExitCode(err))
		assert.Contains(t, f.stacks, "TestSuperviseCap", "the one that hangs")
		assert.Equal(t, uint32(supervisor.ErrTimeout), f.reports[len(f.reports)-1].ExitCode)
		close(release)
	})
}

func TestSuperviseStartTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		release := make(chan bool)
		begin := time.Now()
		err := f.run(&Service{Name: "x", StartTimeout: 7 * time.Second, Main: func(ctx context.Context) error {
			Progress(ctx, "migrating")
			<-release
			return nil
		}})
		assert.Equal(t, 7*time.Second, time.Since(begin))
		assert.ErrorIs(t, err, ErrHung)
		assert.Equal(t, spec.ExitHung, ExitCode(err))
		assert.Contains(t, f.stacks, "TestSuperviseStartTimeout", "the one that hangs")
		last := f.reports[len(f.reports)-1]
		assert.Equal(t, [2]uint32{supervisor.ErrServiceSpecific, spec.ExitHung}, [2]uint32{last.ExitCode, last.ServiceCode})
		close(release)

		f = newFake()
		require.NoError(t, f.run(&Service{Name: "x", StartTimeout: 7 * time.Second, Main: func(ctx context.Context) error {
			Progress(ctx, "migrating")
			time.Sleep(6 * time.Second)
			Ready(ctx)
			time.Sleep(time.Minute)
			return nil
		}}), "it was ready in time")
	})
}

func TestSuperviseParentContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		ctx, cancel := context.WithCancelCause(supervisor.With(context.Background(), f))
		go func() { time.Sleep(time.Second); cancel(errMain) }()
		type key struct{}
		err := (&Service{Name: "x", Main: func(ctx context.Context) error {
			assert.Equal(t, "value", ctx.Value(key{}))
			<-ctx.Done()
			return context.Cause(ctx)
		}}).Run(context.WithValue(ctx, key{}, "value"))
		require.NoError(t, err)
		assert.Equal(t, []State{StartPending, Running, StopPending, Stopped}, f.states())
	})
}

func TestSuperviseWatchdog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		release := make(chan bool)
		begin := time.Now()
		err := f.run(&Service{Name: "x", Watchdog: 10 * time.Second, Main: func(ctx context.Context) error {
			Progress(ctx, "loading")
			time.Sleep(time.Minute) // the watchdog is off until Main is ready
			Ready(ctx)
			for range 5 {
				time.Sleep(9 * time.Second)
				Alive(ctx)
			}
			<-release
			return nil
		}})
		assert.Equal(t, time.Minute+45*time.Second+10*time.Second, time.Since(begin))
		assert.ErrorContains(t, err, "did not call Alive for 10s")
		assert.Equal(t, spec.ExitFailed, ExitCode(err))
		last := f.reports[len(f.reports)-1]
		assert.Equal(t, [2]uint32{supervisor.ErrServiceSpecific, 1}, [2]uint32{last.ExitCode, last.ServiceCode})
		close(release)
	})
}

// TestSuperviseLate delays the supervisor, as on a machine that is busy or was asleep, and checks
// that calls that Main made in time count even after the limit.
func TestSuperviseLate(t *testing.T) {
	for range 30 { // select chooses randomly
		synctest.Test(t, func(t *testing.T) {
			f := newFake()
			f.report = func(s supervisor.Status) {
				if s.Text == "slow" {
					time.Sleep(15 * time.Second)
				}
			}
			require.NoError(t, f.run(&Service{Name: "x", Watchdog: 10 * time.Second, Main: func(ctx context.Context) error {
				Ready(ctx)
				go func() { time.Sleep(9 * time.Second); Alive(ctx) }()
				Progress(ctx, "slow")
				return nil
			}}), "the watchdog was fed")

			f = newFake()
			f.report = func(s supervisor.Status) {
				if s.State == supervisor.StopPending && s.CheckPoint > 1 {
					time.Sleep(15 * time.Second)
				}
			}
			go func() { time.Sleep(time.Second); f.send(supervisor.Stop) }()
			require.NoError(t, f.run(&Service{Name: "x", StopTimeout: 10 * time.Second, Main: func(ctx context.Context) error {
				<-ctx.Done()
				time.Sleep(3 * time.Second)
				return nil
			}}), "it has returned within its time")
		})
	}
}

func TestSuperviseEvents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		var got []Event
		go func() {
			time.Sleep(time.Second)
			f.send(supervisor.Pause)
			time.Sleep(time.Second)
			f.send(supervisor.Continue)
			f.controls <- supervisor.Control{Code: supervisor.Session, Type: 5, Data: []byte{8, 0, 0, 0, 3, 0, 0, 0}}
			f.controls <- supervisor.Control{Code: supervisor.Power, Type: supervisor.PowerSettingChange, Data: []byte("guid")}
			f.send(200)
			time.Sleep(time.Second)
			f.send(supervisor.Stop)
		}()
		require.NoError(t, f.run(&Service{Name: "x", Accept: AcceptPause | AcceptSession | AcceptPower | AcceptCustom, Main: func(ctx context.Context) error {
			Ready(ctx)
			for {
				select {
				case e := <-Events(ctx):
					e.Done()
					e.Done() // calling Done twice is harmless
					e.done = nil
					got = append(got, e)
				case <-ctx.Done():
					return nil
				}
			}
		}}))
		assert.Equal(t, []Event{{Kind: Pause}, {Kind: Continue}, {Kind: SessionChange, Code: 5, Session: 3},
			{Kind: PowerChange, Code: supervisor.PowerSettingChange, Data: []byte("guid")}, {Kind: Custom, Code: 200}}, got)
		assert.Equal(t, []State{StartPending, Running, PausePending, Paused, ContinuePending, Running, StopPending, Stopped}, f.states())
	})
}

func TestSuperviseLostEvents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake()
		go func() {
			time.Sleep(time.Second)
			for range 64 {
				f.send(200)
				time.Sleep(time.Millisecond)
			}
			f.send(supervisor.ParamChange)
			f.send(supervisor.Pause)
			time.Sleep(time.Minute)
			f.send(supervisor.Stop)
		}()
		require.NoError(t, f.run(&Service{Name: "x", Accept: AcceptPause | AcceptReload | AcceptCustom, Main: func(ctx context.Context) error {
			Ready(ctx)
			<-ctx.Done() // but does not handle the event
			return nil
		}}))
		last := f.reports[len(f.reports)-1]
		assert.False(t, last.Reloading)
		assert.Equal(t, []State{StartPending, Running, Running, Running, PausePending, Running, StopPending, Stopped}, f.states())
	})
}

func TestSupervisePanicAndGoexit(t *testing.T) { synctest.Test(t, testSupervisePanicAndGoexit) }

func testSupervisePanicAndGoexit(t *testing.T) {
	f := newFake()
	err := f.run(&Service{Name: "x", Main: func(context.Context) error { panic("boom") }})
	assert.ErrorContains(t, err, "boom")
	assert.Equal(t, "boom", f.panicked)
	assert.Equal(t, []State{StartPending}, f.states(), "a process that dies reports nothing")

	f = newFake()
	err = f.run(&Service{Name: "x", Main: func(context.Context) error { runtime.Goexit(); return nil }})
	assert.ErrorIs(t, err, supervisor.ErrGoexit)
	assert.Equal(t, []State{StartPending, Stopped}, f.states())
}

func TestStartArguments(t *testing.T) {
	fs, listen, _ := testFlags()
	f := newFake()
	f.args = []string{"-listen", ":1"}
	require.NoError(t, f.run(&Service{Name: "x", Flags: fs, Main: func(context.Context) error {
		assert.Equal(t, ":1", *listen)
		return nil
	}}))
	f = newFake()
	f.args = []string{"-nope"}
	err := f.run(&Service{Name: "x", Flags: fs, Main: func(context.Context) error { t.Error("Main ran"); return nil }})
	assert.Equal(t, spec.ExitUsage, ExitCode(err))
	assert.Equal(t, uint32(spec.ExitUsage), f.reports[1].ServiceCode)
}

func TestOutsideRun(t *testing.T) {
	ctx := context.Background()
	Ready(ctx)
	Progress(ctx, "x")
	Alive(ctx)
	assert.Nil(t, Events(ctx))
	Event{}.Done()
}

func TestRunChecks(t *testing.T) {
	main := func(context.Context) error { return nil }
	for name, s := range map[string]*Service{
		"no name": {Main: main}, "has nothing to run": {Name: "x"}, "slashes": {Name: `a\b`, Main: main},
	} {
		assert.ErrorContains(t, s.Run(context.Background()), name)
	}
	assert.ErrorIs(t, Run(context.Background(), "x", func(context.Context) error { return errors.ErrUnsupported }), errors.ErrUnsupported)
}
