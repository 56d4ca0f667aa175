package svcxtest_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/surefoot-go/surefoot/svcx"
	"github.com/surefoot-go/surefoot/svcx/svcxtest"
)

var errBroken = errors.New("broken")

// service returns a service that takes some time to start and to stop.
func service(main func(context.Context) error) *svcx.Service {
	if main == nil {
		main = func(ctx context.Context) error {
			svcx.Progress(ctx, "loading")
			time.Sleep(3 * time.Second)
			svcx.Ready(ctx)
			for {
				select {
				case e := <-svcx.Events(ctx):
					e.Done()
				case <-ctx.Done():
					time.Sleep(time.Second)
					return nil
				}
			}
		}
	}
	return &svcx.Service{Name: "x", Main: main, StopTimeout: 10 * time.Second, Accept: svcx.AcceptPause | svcx.AcceptReload | svcx.AcceptCustom}
}

func TestLife(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := svcxtest.Start(t, service(nil))
		m.Ready(4 * time.Second)
		m.Pause(time.Second)
		m.Continue(time.Second)
		require.NoError(t, m.Control(200))
		require.NoError(t, m.Stop(2*time.Second))
		m.AssertStates(svcx.StartPending, svcx.Running, svcx.PausePending, svcx.Paused, svcx.ContinuePending, svcx.Running, svcx.StopPending, svcx.Stopped)
		m.AssertExitCode(0)
		history := m.History()
		assert.Equal(t, uint32(1), history[0].CheckPoint)
		assert.Equal(t, "loading", history[1].Text)
		assert.Equal(t, uint32(2), history[1].CheckPoint)
		assert.ErrorIs(t, m.Control(200), svcxtest.ErrNotAccepted, "it has stopped")
	})
}

func TestCauses(t *testing.T) {
	for name, c := range map[string]struct {
		end   func(*svcxtest.Manager)
		cause error
		exit  int
	}{
		"stop":     {func(m *svcxtest.Manager) { m.Stop(time.Minute) }, svcx.ErrStopped, 0},
		"shutdown": {func(m *svcxtest.Manager) { m.Shutdown(time.Minute) }, svcx.ErrShutdown, 0},
		"kill":     {func(m *svcxtest.Manager) { m.Kill(); m.Wait(time.Minute) }, svcxtest.ErrKilled, 1067},
	} {
		t.Run(name, func(t *testing.T) {
			var cause error
			m := svcxtest.Start(t, service(func(ctx context.Context) error {
				svcx.Ready(ctx)
				<-ctx.Done()
				cause = context.Cause(ctx)
				return nil
			}))
			m.Ready(time.Minute)
			c.end(m)
			assert.Equal(t, c.cause, cause)
			m.AssertExitCode(c.exit)
		})
	}
}

func TestFailure(t *testing.T) { synctest.Test(t, testFailure) }

func testFailure(t *testing.T) {
	m := svcxtest.Start(t, service(func(context.Context) error { return &svcx.ExitError{Code: 7, Err: errBroken} }))
	assert.ErrorIs(t, m.Wait(time.Minute), errBroken)
	m.AssertStates(svcx.StartPending, svcx.Stopped)
	m.AssertExitCode(7)

	m = svcxtest.Start(t, service(func(context.Context) error { panic("boom") }))
	assert.ErrorContains(t, m.Wait(time.Minute), "boom")
	m.AssertExitCode(1067)

	m = svcxtest.Start(t, &svcx.Service{Name: "x"})
	assert.ErrorContains(t, m.Wait(time.Minute), "nothing to run")
}

func TestHang(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan bool)
		r := &recorder{TB: t}
		t.Cleanup(func() {
			assert.Contains(t, r.fatal, "Main did not return within 10s", "a hang fails the test in the end")
			close(release)
		})
		m := svcxtest.Start(r, service(func(ctx context.Context) error {
			svcx.Ready(ctx)
			<-release
			return nil
		}))
		m.Ready(time.Second)
		require.ErrorIs(t, m.Stop(11*time.Second), svcx.ErrHung)
		m.AssertExitCode(1460)
	})
}

func TestFailsTheTest(t *testing.T) {
	quick := func(ctx context.Context) error { return errBroken }
	patient := func(ctx context.Context) error { svcx.Ready(ctx); <-ctx.Done(); return nil }
	for _, c := range []struct {
		name string
		main func(context.Context) error
		test func(*svcxtest.Manager)
		want string
	}{
		{"it fails before it is ready", quick, func(m *svcxtest.Manager) { m.Ready(time.Hour) }, "x has ended with exit code 1, it can't run: broken"},
		{"it is not ready in time", nil, func(m *svcxtest.Manager) { m.Ready(time.Second) }, "x did not run within 1s"},
		{"it is asked while it starts", nil, func(m *svcxtest.Manager) { m.Stop(time.Second) }, "x did not stop within 1s; it reported start-pending(1) start-pending(2)"},
		{"it does not end", patient, func(m *svcxtest.Manager) { m.Ready(time.Second); m.Wait(time.Second) }, "x did not end within 1s; it reported start-pending(1) running"},
		{"it does not accept it", patient, func(m *svcxtest.Manager) { m.Ready(time.Second); m.Session(5, 1) }, "does not accept that control now: control 14"},
		{"other states", patient, func(m *svcxtest.Manager) { m.Ready(time.Second); m.AssertStates(svcx.Running) }, "x went through [start-pending running], want [running]"},
		{"another code", patient, func(m *svcxtest.Manager) { m.AssertExitCode(3) }, "x ended with exit code 0, want 3"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := &recorder{TB: t}
				r.run(func() { c.test(svcxtest.Start(r, service(c.main))) })
				assert.Contains(t, r.fatal, c.want)
			})
		})
	}
}

// recorder is a testing.TB that records failures.
type recorder struct {
	testing.TB
	fatal string
}

func (r *recorder) Errorf(format string, args ...any) { r.fatal += fmt.Sprintf(format, args...) }
func (r *recorder) Fatalf(format string, args ...any) {
	r.Errorf(format, args...)
	runtime.Goexit()
}

func (r *recorder) run(f func()) {
	done := make(chan bool)
	go func() { defer close(done); f() }()
	<-done
}

func TestEvents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		got := make(chan svcx.Event, 8)
		s := service(func(ctx context.Context) error {
			svcx.Ready(ctx)
			for {
				select {
				case e := <-svcx.Events(ctx):
					e.Done()
					got <- e
				case <-ctx.Done():
					return nil
				}
			}
		})
		s.Accept = svcx.AcceptSession | svcx.AcceptPower | svcx.AcceptReload
		m := svcxtest.Start(t, s)
		m.Ready(time.Second)
		m.Session(5, 0x01020304)
		e := <-got
		assert.Equal(t, [2]uint32{5, 0x01020304}, [2]uint32{e.Code, e.Session})
		data := []byte("setting")
		m.Power(0x8013, data)
		data[0] = 'x'
		assert.Equal(t, "setting", string((<-got).Data), "a copy")
		m.Reload()
		assert.Equal(t, svcx.Reload, (<-got).Kind)
		synctest.Wait()
		history := m.History()
		assert.True(t, history[len(history)-2].Reloading)
		assert.False(t, history[len(history)-1].Reloading)
	})
}

func TestStartArguments(t *testing.T) {
	s := service(func(context.Context) error { return nil })
	s.Flags = flag.NewFlagSet("x", flag.ContinueOnError)
	listen := s.Flags.String("listen", "", "")
	require.NoError(t, svcxtest.Start(t, s, "-listen", ":1").Wait(time.Minute))
	assert.Equal(t, ":1", *listen)
	m := svcxtest.Start(t, s, "-nope")
	assert.Error(t, m.Wait(time.Minute))
	m.AssertExitCode(2)
}

func TestStatesAfterEnd(t *testing.T) {
	for range 30 { // select chooses randomly
		m := svcxtest.Start(t, service(func(context.Context) error { return nil }))
		require.NoError(t, m.Wait(time.Minute))
		require.NoError(t, m.Wait(-1))
	}
}

func TestTwoAtOnce(t *testing.T) {
	a := svcxtest.Start(t, service(func(ctx context.Context) error { svcx.Ready(ctx); <-ctx.Done(); return nil }))
	b := svcxtest.Start(t, service(func(context.Context) error { return errBroken }))
	b.Wait(time.Minute)
	a.Ready(time.Minute)
	b.AssertExitCode(1)
}

// This example tests a service that drains for a second when it is stopped.
func ExampleStart() {
	TestDrains := func(t *testing.T) {
		m := svcxtest.Start(t, &svcx.Service{Name: "orders", Main: func(ctx context.Context) error {
			svcx.Ready(ctx)
			<-ctx.Done()
			time.Sleep(time.Second)
			return nil
		}})
		m.Ready(5 * time.Second)
		if err := m.Stop(2 * time.Second); err != nil {
			t.Error(err)
		}
		m.AssertStates(svcx.StartPending, svcx.Running, svcx.StopPending, svcx.Stopped)
	}
	_ = TestDrains
}

func ExampleManager_Pause() {
	TestPauses := func(t *testing.T) {
		m := svcxtest.Start(t, &svcx.Service{Name: "orders", Accept: svcx.AcceptPause, Main: func(ctx context.Context) error {
			svcx.Ready(ctx)
			for {
				select {
				case e := <-svcx.Events(ctx):
					e.Done()
				case <-ctx.Done():
					return nil
				}
			}
		}})
		m.Ready(5 * time.Second)
		m.Pause(time.Second)
		m.Continue(time.Second)
		if err := m.Shutdown(time.Second); err != nil {
			t.Error(err)
		}
		m.AssertExitCode(0)
		for _, report := range m.History() {
			t.Log(report.At, report.State)
		}
	}
	_ = TestPauses
}
