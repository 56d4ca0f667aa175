package loop

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/surefoot-go/surefoot/examples/dev/front"
	"github.com/surefoot-go/surefoot/examples/dev/page"
	"github.com/surefoot-go/surefoot/listen"
)

// A runner keeps one service running.
type runner struct {
	Service
	sup      *Supervisor
	front    *front.Front // nil: a worker, with no address
	server   *http.Server // of the front
	listener *listen.Listener
	url      string
	tail     *tail
	spawned  int            // processes so far; run's own
	tasks    sync.WaitGroup // that follow and end processes
	done     chan struct{}  // closed when nothing of the service runs any more

	// All below is guarded by sup.mu. Only run changes the processes.
	want     bool
	building bool
	build    page.Build
	newest   *artifact // of the last build that was well; nil where it must be built first
	refused  *artifact // did not become ready while another one served

	current, candidate *process
	serving            *artifact // current's, or that of the last one
	retiring           map[*process]bool
	artifacts          []*artifact // that are not deleted yet
	crashes            int         // in a row
	resume             time.Time
	trouble            string       // how the last process, or the last candidate, ended
	replacing          bool         // StopFirst: the old process was stopped for the new build
	finished           bool         // a worker that has ended well
	due                map[int]bool // steps before the build that are to be taken
	lastWords          []string     // of that process; nil since one has served
	restarts, reloads  int
	trends             trends
}

func newRunner(s *Supervisor, svc Service) *runner {
	r := &runner{Service: svc, sup: s, tail: &tail{most: mostLines}, done: make(chan struct{}),
		want: true, building: true, retiring: map[*process]bool{}, due: map[int]bool{}}
	for i := range svc.Before {
		r.due[i] = true
	}
	if svc.Address == "" {
		return r
	}
	r.front = front.New(front.Config{Why: r.why, Patience: firstBuild, Polls: svc.Polls, ErrorLog: s.logger(svc.Name)})
	r.server = r.front.Server()
	return r
}

// target returns the artifact to run, or nil.
func (r *runner) target() *artifact {
	if r.newest != nil && r.newest == r.refused {
		return r.serving
	}
	return r.newest
}

func (r *runner) isTarget(a *artifact) bool {
	r.sup.mu.Lock()
	defer r.sup.mu.Unlock()
	return r.want && r.target() == a
}

// running returns the artifact that serves, or nil.
func (r *runner) running() *artifact {
	r.sup.mu.Lock()
	defer r.sup.mu.Unlock()
	if r.current == nil {
		return nil
	}
	return r.current.artifact
}

// facts returns the current facts. The caller holds sup.mu.
func (r *runner) facts() facts {
	f := facts{
		want: r.want, needs: r.missing() == nil, building: r.building, retiring: len(r.retiring) > 0,
		broken: !r.build.OK && !r.build.At.IsZero(), pause: time.Now().Before(r.resume),
		stopFirst: r.StopFirst, done: r.finished,
	}
	if a := r.target(); a != nil {
		f.target = a.number
	}
	if r.current != nil {
		f.current, f.healthy = r.current.artifact.number, r.current.health == nil
	}
	if r.candidate != nil {
		f.candidate = r.candidate.artifact.number
	}
	return f
}

// missing returns the first needed service that does not serve.
func (r *runner) missing() *runner {
	for _, name := range r.Needs {
		if need := r.sup.runner(name); need.current == nil && !need.finished {
			return need
		}
	}
	return nil
}

// reason returns the reason why the service is in the state. The caller holds sup.mu.
func (r *runner) reason(s page.State) string {
	switch s {
	case page.Waiting:
		if need := r.missing(); need != nil {
			return "for " + need.Name
		}
	case page.Unhealthy:
		return r.current.health.Error()
	case page.Stopped, page.Stopping:
		if r.want {
			return "it has ended, with exit code 0"
		}
		return "by you"
	case page.Failed:
		return firstLine([]byte(r.build.Output))
	case page.Crashed:
		return fmt.Sprintf("%s; next try at %s", r.trouble, r.resume.Format(time.TimeOnly))
	case page.Starting:
		return r.trouble
	case page.Healthy:
		switch {
		case r.building:
			return "being rebuilt"
		case !r.build.OK && !r.build.At.IsZero():
			return "runs the build before the one that failed"
		case r.target() != r.newest:
			return "runs the build before the one that did not start: " + r.trouble
		}
	}
	return ""
}

// why implements front.Config.Why.
func (r *runner) why() (reason string, again <-chan struct{}) {
	again = r.sup.changed.wait() // before looking
	r.sup.mu.Lock()
	defer r.sup.mu.Unlock()
	state := r.facts().state()
	if !soon(state) {
		again = nil
	}
	reason = fmt.Sprintf("%s is %s", r.Name, state)
	switch state {
	case page.Failed:
		reason += ": its build failed\n" + firstLines(r.build.Output, 20)
	case page.Crashed:
		reason += ": " + r.reason(state) + "\n" + strings.Join(r.lastWords, "\n")
	default:
		if text := r.reason(state); text != "" {
			reason += ": " + text
		}
	}
	return reason, again
}

// built records the result of a build. The caller holds sup.mu.
func (r *runner) built(b result) {
	r.building, r.build = false, b.build
	switch a := b.artifact; {
	case a == nil:
	case r.current != nil && r.current.artifact == a.copyOf && !b.force:
		a.remove()
		r.newest = r.current.artifact // also where a newer one was built, and undone
	default:
		r.newest, r.finished = a, false
		r.artifacts = append(r.artifacts, a)
		r.crashes, r.resume, r.trouble = 0, time.Time{}, "" // it may do better
	}
	r.sweep()
}

// sweep deletes the programs that won't run again. The caller holds sup.mu.
func (r *runner) sweep() {
	used := []*artifact{r.newest, r.serving}
	if r.candidate != nil {
		used = append(used, r.candidate.artifact)
	}
	for p := range r.retiring {
		used = append(used, p.artifact)
	}
	r.artifacts = slices.DeleteFunc(r.artifacts, func(a *artifact) bool {
		if slices.Contains(used, a) {
			return false
		}
		a.remove()
		return true
	})
}

// run takes one step after another until ctx ends and the service has ended.
func (r *runner) run(ctx context.Context) error {
	defer close(r.done)
	for {
		changed := r.sup.changed.wait() // before looking
		r.sup.mu.Lock()
		f, target, candidate, current := r.facts(), r.target(), r.candidate, r.current
		pause := time.Until(r.resume)
		r.sup.mu.Unlock()
		if ctx.Err() != nil {
			r.end()
			return nil
		}
		switch f.next() {
		case launch:
			r.launch(target)
			continue
		case abandon:
			r.abandon(nil)
			continue
		case retire:
			r.swap(nil)
			continue
		}

		var ready, exited, resume = (<-chan struct{})(nil), (<-chan struct{})(nil), (<-chan time.Time)(nil)
		if candidate != nil {
			ready = candidate.ready
		}
		if current != nil {
			exited = current.exited
		}
		if f.pause {
			resume = time.After(pause)
		}
		select {
		case <-changed:
		case <-resume:
		case <-ctx.Done():
		case <-ready:
			switch {
			case candidate.startErr != nil:
				r.abandon(candidate.startErr)
			case r.isTarget(candidate.artifact): // else there is a newer one
				r.swap(candidate)
			}
		case <-exited:
			r.crashed()
		}
	}
}
