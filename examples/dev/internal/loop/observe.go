package loop

import (
	"context"
	"time"
)

const probeEvery = 500 * time.Millisecond

// observe checks the health of p while it serves.
func (r *runner) observe(p *process) {
	tick := time.NewTicker(probeEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-p.exited:
			return
		}
		if !r.observed(p, p.ask(context.Background())) {
			return
		}
	}
}

// observed records the health, and reports whether p still serves.
func (r *runner) observed(p *process, health error) bool {
	r.sup.mu.Lock()
	defer r.sup.unlock()
	if r.current != p {
		return false
	}
	select {
	case <-p.exited:
		return false // that is what is wrong with it
	default:
	}
	was := p.health
	p.health = health
	switch {
	case was == nil && health != nil:
		p.well = time.Time{}
		r.sup.tell("%s: unhealthy: %v", r.Name, health)
		r.sup.notify()
	case was != nil && health == nil:
		p.well = time.Now()
		r.sup.tell("%s: healthy again", r.Name)
		r.sup.notify()
	}
	return true
}
