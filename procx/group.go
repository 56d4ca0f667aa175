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
// or when the group is stopped. Unlike an errgroup it can list the tasks that are still running,
// and Stop does not wait forever.
//
//	g := procx.NewGroup(ctx, "mail")
//	g.Go("fetch", fetch)
//	g.Go("deliver", deliver)
//	...
//	err := g.Stop(ctx) // names the tasks that hang, and where
//
// All methods except SetLimit and ReturnPanics are safe for concurrent use.
type Group struct {
	name   string
	ctx    context.Context
	cancel context.CancelCauseFunc
	slots  chan struct{} // has an element for each running task; nil: no limit
	catch  bool

	stop    sync.Once
	stopped chan struct{} // closed by Stop
	spare   chan struct{} // one additional slot after Stop

	mu      sync.Mutex
	started uint64 // tasks, ever
	running map[*task]struct{}
	idle    chan struct{} // closed when nothing runs; nil until someone waits
	err     error         // the first error of a task
	ended   error         // the first error that only reports the end of the context
}

// A Task is one function that a Group runs.
type Task struct {
	Group, Name string
	Started     time.Time
	Stack       string // of its goroutine; only in a StuckError
	Children    []Leak // goroutines below it that the group did not start; only in a StuckError
}

// NewGroup returns an empty group. Its tasks get a context derived from ctx. The name is used in
// errors.
func NewGroup(ctx context.Context, name string) *Group {
	g := &Group{name: name, running: make(map[*task]struct{}), stopped: make(chan struct{}), spare: make(chan struct{}, 1)}
	g.ctx, g.cancel = context.WithCancelCause(ctx)
	return g
}

// SetLimit limits the number of running tasks to n; further calls of Go wait. If n is less than 1,
// there is no limit. SetLimit panics while a task is running.
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

// ReturnPanics turns the panic of a task into its result, as a *PanicError. Otherwise the panic
// ends the program, as in any goroutine, with a *PanicError that names the task. Call ReturnPanics
// before the first Go.
func (g *Group) ReturnPanics() { g.catch = true }

// Go runs f in a new goroutine. The first error of a task cancels the context of all tasks, with
// that error as the cause.
//
// With a limit, Go waits until fewer tasks are running, even after an error. After Stop, one
// additional task may run at a time, so that a task that does not end can't block Go. f is always
// called, even if its context has already ended, so that it can release its resources.
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

// TryGo is like Go, but if Go would wait, it does nothing and returns false.
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

// Wait waits until no task is running, cancels the group's context, and returns the first error of
// a task.
func (g *Group) Wait() error {
	err := g.wait(context.Background())
	g.cancel(nil)
	if err == nil {
		err = g.echo()
	}
	return err
}

// Stop cancels the group's context, with ErrStopped as the cause, and waits until no task is
// running. It returns the first error of a task, other than the context's error.
//
// If ctx ends first, Stop returns a *StuckError with the tasks that are still running. They
// continue to run, since a goroutine can't be ended from outside; Stop may be called again. Finding
// their stacks stops the world while the stacks of all goroutines are written.
func (g *Group) Stop(ctx context.Context) error {
	g.cancel(ErrStopped)
	g.stop.Do(func() { close(g.stopped) })
	return g.wait(ctx)
}

// Done returns a channel that is closed when the tasks should end: when one has failed, the context
// passed to [NewGroup] has ended, or the group was stopped.
func (g *Group) Done() <-chan struct{} { return g.ctx.Done() }

// Running returns the tasks that are still running, in the order in which they were started.
func (g *Group) Running() []Task {
	list, _ := g.snapshot()
	return list
}

// A StuckError lists the tasks of a group that did not end. It unwraps to the reason why Stop gave
// up, such as context.DeadlineExceeded.
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

// A PanicError is the panic of a task. It unwraps to the panic value if that is an error.
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

// start creates every task's goroutine; reports skip it as a creator. slots, if not nil, holds the
// task's slot.
func (g *Group) start(name string, f func(context.Context) error, slots chan struct{}) {
	t := g.add(name)
	go g.run(t, f, slots)
}

// run calls the task's function; Task.where finds the function by run's frame.
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
