package loop

import (
	"bytes"
	"context"
	"strconv"
	"time"

	"github.com/surefoot-go/surefoot/examples/dev/page"
)

const probeEvery = 500 * time.Millisecond

// observe follows the health of p and the number of its goroutines for as long
// as it serves.
func (r *runner) observe(p *process) {
	tick := time.NewTicker(probeEvery)
	defer tick.Stop()
	for second := false; ; second = !second {
		select {
		case <-tick.C:
		case <-p.exited:
			return
		}
		health := p.ask(context.Background())
		goroutines, counted := 0, false
		if health == nil && second && p.how.HTTP != "" {
			if metrics, err := p.backend.get(context.Background(), "/metrics"); err == nil {
				goroutines, counted = parseGoroutines(metrics)
			}
		}
		if !r.observed(p, health, goroutines, counted) {
			return
		}
	}
}

// observed takes over what was seen, and says whether p still serves.
func (r *runner) observed(p *process, health error, goroutines int, counted bool) bool {
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
	if counted {
		r.goroutines = keepLast(r.goroutines, page.MaxGoroutines, goroutines)
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

// parseGoroutines finds go_goroutines in Prometheus' text format.
func parseGoroutines(metrics []byte) (int, bool) {
	for line := range bytes.Lines(metrics) {
		if value, ok := bytes.CutPrefix(line, []byte("go_goroutines ")); ok {
			n, err := strconv.ParseFloat(string(bytes.TrimSpace(value)), 64)
			return int(n), err == nil
		}
	}
	return 0, false
}
