package loop

import (
	"context"
	"time"

	"github.com/surefoot-go/surefoot/examples/dev/internal/rss"
	"github.com/surefoot-go/surefoot/examples/dev/page"
)

// trends are what the page draws of a service: one number each second.
type trends struct {
	memory   []int64
	requests []int
	counted  int64 // of the front's requests
}

// measure notes each second how much memory each service has, and how many requests have come to
// it, until ctx ends.
func (s *Supervisor) measure(ctx context.Context) error {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for warned := false; ; {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
		table, err := rss.Read()
		if err != nil && !warned {
			warned = true
			s.say("how much memory services have can't be told: %v", err)
		}
		s.measureOnce(table)
	}
}

func (s *Supervisor) measureOnce(table rss.Table) {
	pids := make([]int, len(s.runners))
	s.mu.Lock()
	for i, r := range s.runners {
		if p := r.current; p != nil {
			pids[i] = p.child.PID()
		} else if p := r.candidate; p != nil {
			pids[i] = p.child.PID()
		}
	}
	s.mu.Unlock()
	for i, r := range s.runners {
		memory := int64(0)
		if pids[i] != 0 {
			memory = table.Tree(pids[i])
		}
		s.mu.Lock()
		requests := int64(0)
		if r.front != nil { // a worker has none
			requests = r.front.Requests()
		}
		r.trends.memory = keepLast(r.trends.memory, page.MaxTrend, memory)
		r.trends.requests = keepLast(r.trends.requests, page.MaxTrend, int(requests-r.trends.counted))
		r.trends.counted = requests
		s.mu.Unlock()
	}
}
