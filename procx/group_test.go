package procx

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/internal/testenv"
)

func untilDone(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }

func TestGroup(t *testing.T) {
	Check(t, patient)
	broken := errors.New("broken")
	fails := func(context.Context) error { return broken }
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	tests := []struct {
		name  string
		ctx   context.Context
		tasks []func(context.Context) error
		stop  bool
		want  error
	}{
		{"empty", t.Context(), nil, false, nil},
		{"empty, stopped", t.Context(), nil, true, nil},
		{"ends by itself", t.Context(), []func(context.Context) error{func(context.Context) error { return nil }}, false, nil},
		{"first error ends all", t.Context(), []func(context.Context) error{untilDone, fails, untilDone}, false, broken},
		{"stopped", t.Context(), []func(context.Context) error{untilDone, untilDone}, true, nil},
		{"stopped, with its cause", t.Context(), []func(context.Context) error{func(ctx context.Context) error {
			<-ctx.Done()
			return context.Cause(ctx)
		}}, true, nil},
		{"fails as it stops", t.Context(), []func(context.Context) error{func(ctx context.Context) error { <-ctx.Done(); return broken }}, true, broken},
		{"context has ended", canceled, []func(context.Context) error{untilDone}, false, context.Canceled},
		{"stopped after that", canceled, []func(context.Context) error{untilDone}, true, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			g := NewGroup(tt.ctx, "test")
			for _, f := range tt.tasks {
				g.Go("task", f)
			}
			var err error
			if tt.stop {
				err = g.Stop(t.Context())
			} else {
				err = g.Wait()
			}
			assert.Equal(t, tt.want, err)
			assert.Empty(t, g.Running())
		})
	}
}

func TestGroupStuck(t *testing.T) {
	Check(t, patient)
	g := NewGroup(t.Context(), "mail")
	release := make(chan struct{})
	started := make(chan struct{})
	g.Go("deliver", untilDone)
	g.Go("fetch", func(context.Context) error {
		go waitFor(release)
		close(started)
		waitFor(release)
		return nil
	})
	<-started
	running := g.Running()
	require.Len(t, running, 2)
	assert.Equal(t, "deliver", running[0].Name)
	assert.Equal(t, "fetch", running[1].Name)
	assert.Equal(t, "mail", running[0].Group)

	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	err := g.Stop(ctx)
	var stuck *StuckError
	require.ErrorAs(t, err, &stuck)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.Len(t, stuck.Tasks, 1)
	task := stuck.Tasks[0]
	assert.Equal(t, "fetch", task.Name)
	assert.Contains(t, task.Stack, "procx.waitFor")
	require.Len(t, task.Children, 1)
	assert.Equal(t, thisPackage+"waitFor", task.Children[0].Function)
	assert.Regexp(t, `^procx: group "mail": 1 task would not end: "fetch" in .*procx\.TestGroupStuck\.func1 at .*group_test\.go:\d+ with 1 goroutine below it: context deadline exceeded$`, err.Error())

	close(release)
	assert.NoError(t, g.Stop(t.Context()))
}

func TestGroupLimit(t *testing.T) {
	Check(t, patient)
	g := NewGroup(t.Context(), "test")
	g.SetLimit(2)
	var now, most atomic.Int32
	for range 20 {
		g.Go("task", func(context.Context) error {
			n := now.Add(1)
			for old := most.Load(); n > old && !most.CompareAndSwap(old, n); old = most.Load() {
			}
			runtime.Gosched()
			now.Add(-1)
			return nil
		})
	}
	require.NoError(t, g.Wait())
	assert.LessOrEqual(t, most.Load(), int32(2))

	// In a stopped group, Go does not wait for a slot.
	g = NewGroup(t.Context(), "test")
	g.SetLimit(1)
	release := make(chan struct{})
	g.Go("stuck", func(context.Context) error { <-release; return nil })
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.Error(t, g.Stop(ctx))
	ran := make(chan error, 1)
	g.Go("late", func(ctx context.Context) error { ran <- context.Cause(ctx); return nil })
	assert.Equal(t, ErrStopped, <-ran)
	close(release)
	require.NoError(t, g.Stop(t.Context()))
}

func TestGroupPanic(t *testing.T) {
	out, err := testenv.Command(t, "panic").CombinedOutput()
	require.Error(t, err)
	assert.Contains(t, string(out), `procx: task "fetch" of group "mail" panicked: boom`)
	assert.Contains(t, string(out), "main_test.go", "where it panicked")

	g := NewGroup(t.Context(), "mail")
	g.ReturnPanics()
	g.Go("fetch", func(context.Context) error { panic(os.ErrClosed) })
	var p *PanicError
	require.ErrorAs(t, g.Wait(), &p)
	assert.ErrorIs(t, p, os.ErrClosed)
	assert.Equal(t, "fetch", p.Task)
	assert.Contains(t, string(p.Stack), "TestGroupPanic")

	g = NewGroup(t.Context(), "mail")
	g.Go("fetch", func(context.Context) error { runtime.Goexit(); return nil })
	assert.EqualError(t, g.Wait(), `procx: task "fetch" of group "mail" called runtime.Goexit`)
}

// The limit also applies to a group that has failed.
func TestGroupLimitAfterError(t *testing.T) {
	Check(t, patient)
	ctx, cancel := context.WithCancel(t.Context())
	for name, end := range map[string]func(*Group){
		"error":   func(g *Group) { g.Go("fails", func(context.Context) error { return os.ErrClosed }); <-g.Done() },
		"context": func(*Group) { cancel() },
	} {
		t.Run(name, func(t *testing.T) {
			g := NewGroup(ctx, "test")
			g.SetLimit(2)
			end(g)
			var now, most, ran atomic.Int32
			for range 200 {
				g.Go("task", func(context.Context) error {
					n := now.Add(1)
					for old := most.Load(); n > old && !most.CompareAndSwap(old, n); old = most.Load() {
					}
					time.Sleep(100 * time.Microsecond)
					now.Add(-1)
					ran.Add(1)
					return nil
				})
			}
			_ = g.Wait()
			assert.LessOrEqual(t, most.Load(), int32(2))
			assert.Equal(t, int32(200), ran.Load())
		})
	}
}

func TestGroupSetLimitTooLate(t *testing.T) {
	Check(t, patient)
	g := NewGroup(t.Context(), "mail")
	release := make(chan struct{})
	g.Go("fetch", func(context.Context) error { <-release; return nil })
	assert.PanicsWithValue(t, `procx: SetLimit of group "mail" while 1 task runs`, func() { g.SetLimit(1) })
	close(release)
	require.NoError(t, g.Wait())
	g.SetLimit(1) // nothing runs
	g.Go("fetch", func(context.Context) error { return nil })
	require.NoError(t, g.Wait())
}

func TestGroupTryGo(t *testing.T) {
	Check(t, patient)
	g := NewGroup(t.Context(), "test")
	release := make(chan struct{})
	wait := func(context.Context) error { <-release; return nil }
	assert.True(t, g.TryGo("without a limit", func(context.Context) error { return nil }))
	require.NoError(t, g.Stop(t.Context()))
	g = NewGroup(t.Context(), "test")
	g.SetLimit(2)
	assert.True(t, g.TryGo("a", wait))
	assert.True(t, g.TryGo("b", wait))
	assert.False(t, g.TryGo("c", func(context.Context) error { panic("not called") }))
	require.Len(t, g.Running(), 2)
	close(release)
	require.NoError(t, g.Wait())
	assert.True(t, g.TryGo("d", wait))
	require.NoError(t, g.Wait())
}

// Reports name the tasks and where they hang, not the functions that start them.
func TestGroupReportsNameTasks(t *testing.T) {
	g := NewGroup(t.Context(), "test")
	g.SetLimit(2)
	g.Go("a", untilDone)
	g.TryGo("b", untilDone)
	for tallyOf(look())[thisPackage+"untilDone"] < 2 {
		runtime.Gosched()
	}
	leaks, err := Find(&Options{Settle: 20 * time.Millisecond, Ignore: forGood})
	require.NoError(t, err)
	require.Len(t, leaks, 1)
	assert.Equal(t, thisPackage+"untilDone", leaks[0].Function)
	assert.Equal(t, 2, leaks[0].Count)
	assert.Equal(t, "group_test.go", filepath.Base(leaks[0].File))
	require.NoError(t, g.Stop(t.Context()))
}
