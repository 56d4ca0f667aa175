package procx

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/surefoot-go/surefoot/internal/goroutine"
)

// A task is a running Task.
type task struct {
	name    string
	started time.Time
	order   uint64
	id      uint64 // of its goroutine; 0 until that has begun
}

func (g *Group) add(name string) *task {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.started++
	t := &task{name: name, started: time.Now(), order: g.started}
	g.running[t] = struct{}{}
	return t
}

func (g *Group) begun(t *task) {
	id := self()
	g.mu.Lock()
	defer g.mu.Unlock()
	t.id = id
}

// remove removes t from the group and records its result. An error after the task was asked to end
// is not a failure.
func (g *Group) remove(t *task, err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	cause := context.Cause(g.ctx)
	echo := cause != nil && (errors.Is(err, g.ctx.Err()) || errors.Is(err, cause))
	switch {
	case err == nil:
	case !echo && g.err == nil:
		g.err = err
		g.cancel(err)
	case echo && g.ended == nil && cause != ErrStopped:
		g.ended = err
	}
	delete(g.running, t)
	if len(g.running) == 0 && g.idle != nil {
		close(g.idle)
		g.idle = nil
	}
}

func (g *Group) echo() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.ended
}

// wait waits until no task is running, and returns the first failure. If ctx ends before, it
// returns a *StuckError.
func (g *Group) wait(ctx context.Context) error {
	for {
		g.mu.Lock()
		if len(g.running) == 0 {
			defer g.mu.Unlock()
			return g.err
		}
		if g.idle == nil {
			g.idle = make(chan struct{})
		}
		idle := g.idle
		g.mu.Unlock()
		select {
		case <-idle:
		case <-ctx.Done():
			if tasks := g.stuck(); len(tasks) > 0 {
				return &StuckError{Group: g.name, Tasks: tasks, Err: context.Cause(ctx)}
			}
		}
	}
}

// snapshot returns the running tasks, in the order in which they were started, and the IDs of their
// goroutines.
func (g *Group) snapshot() (list []Task, ids []uint64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	running := make([]*task, 0, len(g.running))
	for t := range g.running {
		running = append(running, t)
	}
	slices.SortFunc(running, func(a, b *task) int { return cmp.Compare(a.order, b.order) })
	for _, t := range running {
		list = append(list, Task{Group: g.name, Name: t.name, Started: t.started})
		ids = append(ids, t.id)
	}
	return list, ids
}

// stuck returns the running tasks with their stacks and children. A task's children are the
// goroutines whose closest ancestor among the tasks is that task.
func (g *Group) stuck() []Task {
	all := goroutine.Parse(dump(false))
	tasks, ids := g.snapshot()
	index := make(map[uint64]int, len(ids))
	for i, id := range ids {
		index[id] = i
	}
	family := newFamily(all)
	children := make([][]goroutine.Goroutine, len(tasks))
	for _, r := range all {
		if i, ok := index[r.ID]; ok {
			tasks[i].Stack = strings.Clone(r.Unlabelled()) // don't retain the whole dump
			continue
		}
		of := 0
		if family.descends(&r, func(a *goroutine.Goroutine) (ok bool) { of, ok = index[a.ID]; return ok }) {
			children[of] = append(children[of], r)
		}
	}
	for i := range tasks {
		tasks[i].Children = summarize(children[i])
	}
	return tasks
}

// where returns the task's name and the line of its function at which it hangs.
func (t *Task) where() string {
	lines := strings.Split(t.Stack, "\n")
	i := slices.IndexFunc(lines, func(line string) bool { return strings.HasPrefix(line, thisPackage+"(*Group).run(") })
	s := fmt.Sprintf("%q", t.Name)
	if i >= 2 {
		s += fmt.Sprintf(" in %s at %s", goroutine.FunctionOf(lines[i-2]), goroutine.Place(lines[i-1]))
	}
	n := 0
	for _, c := range t.Children {
		n += c.Count
	}
	if n > 0 {
		s += " with " + plural(n, "goroutine") + " below it"
	}
	return s
}
