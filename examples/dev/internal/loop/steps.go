package loop

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// The steps of a runner, called only by run.

// update changes the state.
func (r *runner) update(f func()) {
	r.sup.mu.Lock()
	defer r.sup.unlock()
	f()
	r.sup.notify()
}

// launch starts the artifact as the candidate.
func (r *runner) launch(a *artifact) {
	p, err := r.spawn(a)
	if err != nil && a.lost() { // by what cleans up temporary folders
		r.update(func() {
			r.sup.tell("%s: %s is gone: building it again", r.Name, a.file)
			r.start()
		})
		return
	}
	if err != nil {
		r.update(func() { r.failed(a, fmt.Errorf("it can't be started: %w", err)) })
		return
	}
	r.update(func() { r.candidate = p })
}

// abandon ends the candidate, since it is not wanted any more or, if there is an error, since it
// did not become ready.
func (r *runner) abandon(why error) {
	p := r.candidate
	r.update(func() {
		r.candidate = nil
		if why != nil {
			r.lastWords = lastWords(r.tail.since(p.log))
			r.failed(p.artifact, why)
		}
		r.bury(p, false)
	})
}

// failed notes that the artifact did not become ready. Another one that serves is kept, else it is
// tried again. The caller holds sup.mu.
func (r *runner) failed(a *artifact, why error) {
	if a != r.target() {
		return // there is a newer one
	}
	r.trouble = why.Error()
	if r.current == nil && r.replacing && r.serving != nil && r.serving != a {
		r.refused, r.replacing = a, false
		r.sup.tell("%s: the new build did not start, the old one is started again: %v", r.Name, why)
		return
	}
	if r.current != nil {
		r.refused = a
		r.sup.tell("%s: the new build did not start, the old one serves on: %v", r.Name, why)
		return
	}
	r.back(0)
}

// back schedules another start of the service after a pause. The caller holds sup.mu.
func (r *runner) back(wasWell time.Duration) {
	if wasWell >= wellAgain {
		r.crashes = 0
	}
	r.crashes++
	pause := pauseAfter(r.crashes)
	r.resume = time.Now().Add(pause)
	r.sup.tell("%s: %s; next try in %s", r.Name, r.trouble, pause)
}

// crashed records that the serving process ended unexpectedly. A worker that exited with code 0 is
// done.
func (r *runner) crashed() {
	p := r.current
	r.update(func() {
		r.current = nil
		r.point(nil)
		if p.err == nil && r.front == nil {
			r.finished = true
			r.sup.tell("%s: done", r.Name)
			r.bury(p, true)
			return
		}
		r.lastWords = lastWords(r.tail.since(p.log))
		r.trouble = p.exitText()
		wasWell := time.Duration(0)
		if !p.well.IsZero() {
			wasWell = time.Since(p.well)
		}
		r.back(wasWell)
		r.bury(p, true)
	})
}

// swap makes p serve, or no process if p is nil, and ends the previous one.
func (r *runner) swap(p *process) {
	r.update(func() {
		old := r.current
		r.current = p
		switch {
		case p == nil && r.want:
			r.replacing = true
			r.point(nil)
			r.sup.tell("%s: stopped, to start its new build", r.Name)
		case p == nil:
			r.point(nil)
			r.sup.tell("%s: stopped", r.Name)
		case old != nil || r.replacing:
			r.reloads++
			r.sup.tell("%s: reloaded, %s after the save (build %s, start %s)", r.Name,
				round(time.Since(p.artifact.saved)), round(p.artifact.took), round(time.Since(p.since)))
		default:
			if r.crashes > 0 {
				r.restarts++
			}
			r.sup.tell("%s: serves, process %d", r.Name, p.child.PID())
		}
		if p != nil {
			r.point(p.backend)
			r.replacing = false
			r.lastWords = nil
			r.candidate, r.serving, p.well = nil, p.artifact, time.Now()
			r.tasks.Go(func() { r.observe(p) })
		}
		if old != nil {
			r.bury(old, true)
		}
	})
}

// point makes the front, if there is one, forward requests to b, or to no process.
func (r *runner) point(b *backend) {
	if r.front == nil {
		return
	}
	if b == nil {
		r.front.Swap(nil)
	} else {
		r.front.Swap(b.Backend)
	}
}

// bury ends a process in the background, after its last request if it has served. The caller holds
// sup.mu.
func (r *runner) bury(p *process, served bool) {
	r.retiring[p] = true
	drain := r.sup.cfg.Drain
	if r.current == nil {
		drain = min(drain, stopDrain)
	}
	r.tasks.Go(func() {
		left := 0
		if served && p.backend != nil {
			ctx, cancel := context.WithTimeout(r.sup.drains, drain)
			defer cancel()
			left = r.front.Drain(ctx, p.backend.Backend)
		}
		err := p.stop(r.sup.life)
		r.update(func() { // what there is to say waits for the console; nothing else does
			if left > 0 {
				r.sup.tell("%s: process %d ended with %d requests unanswered", r.Name, p.child.PID(), left)
			}
			if err != nil {
				r.sup.tell("%s: %v", r.Name, err)
			}
			delete(r.retiring, p)
			r.sweep()
		})
	})
}

// end ends the service when dev ends, after the services that need it.
func (r *runner) end() {
	r.update(func() { r.want = false }) // no request need wait for it any more
	if r.candidate != nil {
		r.abandon(nil)
	}
	for _, other := range r.sup.runners {
		if slices.Contains(other.Needs, r.Name) {
			<-other.done
		}
	}
	if r.front != nil {
		ctx, cancel := context.WithTimeout(r.sup.drains, r.sup.cfg.Drain)
		defer cancel()
		defer r.server.Close()
		r.server.Shutdown(ctx) // its error says that requests are left
	}
	if r.current != nil {
		r.swap(nil)
	}
	r.tasks.Wait()
}
