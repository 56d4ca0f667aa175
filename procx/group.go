package procx

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"sync"
	"time"
)

// ErrStopped is the [context.Cause] of a group's context after [Group.Stop].
var ErrStopped = errors.New("procx: the group was stopped")

// A Group runs named tasks that end together: when one fails, when the context of the group ends,
// or when it is stopped. Unlike an errgroup it can tell which tasks are still running, and Stop
// does not wait forever.
//
//	g := procx.NewGroup(ctx, "mail")
//	g.Go("fetch", fetch)
//	g.Go("deliver", deliver)
//	...
//	err := g.Stop(ctx) // names the tasks that hang, and where
//
// All methods but SetLimit and ReturnPanics may be called concurrently.
type Group struct {
	name   string
	ctx    context.Context
	cancel context.CancelCauseFunc
	slots  chan struct{} // has an element for each running task; nil: no limit
	catch  bool

	stop    sync.Once
	stopped chan struct{} // closed by Stop
	spare   chan struct{} // one slot more, once Stop was called

	mu      sync.Mutex
	started uint64 // tasks, ever
	running map[*task]struct{}
	idle    chan struct{} // closed when nothing runs; nil until someone waits
	err     error         // the first of a task's own
	ended   error         // the first that only says that the context has ended
}

// A Task is one function that a Group runs.
type Task struct {
	Group, Name string
	Started     time.Time
	Stack       string // of its goroutine; only in a StuckError
	Children    []Leak // goroutines below it that the group did not start; only in a StuckError
}

// NewGroup returns an empty group. Its tasks get a context that ends with ctx. The name is for
// errors.
func NewGroup(ctx context.Context, name string) *Group {
	g := &Group{name: name, running: make(map[*task]struct{}), stopped: make(chan struct{}), spare: make(chan struct{}, 1)}
	g.ctx, g.cancel = context.WithCancelCause(ctx)
	return g
}

// SetLimit lets at most n tasks run at a time; further calls of Go wait. With an n below 1 there is
// no limit. It panics while a task runs.
func (g *Group) SetLimit(n int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if running := len(g.running); running > 0 {
		verb := "run"
		if running == 1 {
			verb = "runs"
		}
		panic(fmt.Sprintf("procx: SetLimit of group %q while %s %s", g.name, plural(running, "task"), verb))
	}
	g.slots = nil
	if n > 0 {
		g.slots = make(chan struct{}, n)
	}
}

// ReturnPanics makes the panic of a task its result, as a *PanicError. Otherwise it ends the
// program, as in any goroutine, with a *PanicError that names the task. Call it before the first
// Go.
func (g *Group) ReturnPanics() { g.catch = true }

// Go runs f in a goroutine of its own. The first error of a task cancels the context of all, with
// that error as its cause.
//
// With a limit, Go waits until fewer tasks run, after an error too. Of a group that Stop was called
// for, one task more may run at a time, so that a task that would not end does not hang Go. f is
// always called, if only with a context that has ended, so that it can release what it was given.
func (g *Group) Go(name string, f func(context.Context) error) {
	if g.slots == nil {
		g.start(name, f, nil)
		return
	}
	select {
	case g.slots <- struct{}{}:
		g.start(name, f, g.slots)
		return
	case <-g.stopped:
	}
	select {
	case g.slots <- struct{}{}:
		g.start(name, f, g.slots)
	case g.spare <- struct{}{}:
		g.start(name, f, g.spare)
	}
}

// TryGo is like Go, but where Go would wait, it does nothing and returns false.
func (g *Group) TryGo(name string, f func(context.Context) error) bool {
	if g.slots != nil {
		select {
		case g.slots <- struct{}{}:
		default:
			return false
		}
	}
	g.start(name, f, g.slots)
	return true
}

// Wait waits until no task runs, ends the group's context, and returns the first error of a task.
func (g *Group) Wait() error {
	err := g.wait(context.Background())
	g.cancel(nil)
	if err == nil {
		err = g.echo()
	}
	return err
}

// Stop cancels the group's context, with ErrStopped as its cause, and waits until no task runs. It
// returns the first error of a task; that a task returned what the context said is none.
//
// If ctx ends first, Stop returns a *StuckError with the tasks that are still running. They are not
// ended, as nothing can end a goroutine from outside: Stop may be called again. Finding their
// stacks stops the world for as long as it takes to write those of all goroutines.
func (g *Group) Stop(ctx context.Context) error {
	g.cancel(ErrStopped)
	g.stop.Do(func() { close(g.stopped) })
	return g.wait(ctx)
}

// Done returns a channel that is closed when the tasks are to end: one has failed, the context
// given to [NewGroup] has ended, or the group was stopped.
func (g *Group) Done() <-chan struct{} { return g.ctx.Done() }

// Running returns the tasks that have not ended, in the order of their start.
func (g *Group) Running() []Task {
	list, _ := g.snapshot()
	return list
}

// A StuckError says which tasks of a group would not end. It unwraps to the cause why Stop waited
// no longer, such as context.DeadlineExceeded.
type StuckError struct {
	Group string
	Tasks []Task
	Err   error
}

func (e *StuckError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "procx: group %q: %s would not end", e.Group, plural(len(e.Tasks), "task"))
	for i := range e.Tasks {
		sep := ", "
		if i == 0 {
			sep = ": "
		}
		b.WriteString(sep + e.Tasks[i].where())
	}
	fmt.Fprintf(&b, ": %v", e.Err)
	return b.String()
}

func (e *StuckError) Unwrap() error { return e.Err }

// A PanicError is the panic of a task. It unwraps to the value, if that is an error.
type PanicError struct {
	Group, Task string
	Value       any
	Stack       []byte // of the task's goroutine, as it panicked
}

func (e *PanicError) Error() string {
	return fmt.Sprintf("procx: task %q of group %q panicked: %v", e.Task, e.Group, e.Value)
}

func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}

// start is the creator of every task's goroutine, which reports look through. slots, if there are
// any, has the task's slot.
func (g *Group) start(name string, f func(context.Context) error, slots chan struct{}) {
	t := g.add(name)
	go g.run(t, f, slots)
}

// run is the frame below every task's function, by which Task.where finds that.
func (g *Group) run(t *task, f func(context.Context) error, slots chan struct{}) {
	g.begun(t)
	err := fmt.Errorf("procx: task %q of group %q called runtime.Goexit", t.name, g.name)
	defer func() {
		if v := recover(); v != nil {
			p := &PanicError{Group: g.name, Task: t.name, Value: v, Stack: debug.Stack()}
			if !g.catch {
				panic(p)
			}
			err = p
		}
		if slots != nil {
			<-slots
		}
		g.remove(t, err)
	}()
	err = f(g.ctx)
}
