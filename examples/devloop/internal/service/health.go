package service

import (
	"context"
	"sync"
	"time"

	"github.com/surefoot-go/surefoot/eventx"
)

// checkEvery is the time between two rounds of checks, checkTimeout what one may take.
const (
	checkEvery   = 5 * time.Second
	checkTimeout = 2 * time.Second
)

type check struct {
	name      string
	otherwise eventx.HealthState
	f         func(context.Context) error
}

// Need has f tell, every few seconds, whether something is there that the
// service can't work without: if not, /readyz says so.
func (e *Env) Need(name string, f func(context.Context) error) {
	e.checks = append(e.checks, check{name, eventx.Unhealthy, f})
}

// Want is Need for what the service can do without for a while: it is degraded
// meanwhile, and stays ready.
func (e *Env) Want(name string, f func(context.Context) error) {
	e.checks = append(e.checks, check{name, eventx.Degraded, f})
}

// runChecks sets the service's health until ctx ends, and then to stopping.
func (e *Env) runChecks(ctx context.Context, health *eventx.Health) {
	tick := time.NewTicker(checkEvery)
	defer tick.Stop()
	for ctx.Err() == nil {
		state, reason := e.state(ctx)
		if ctx.Err() != nil {
			break // what failed was the asking
		}
		health.Set(ctx, state, reason)
		select {
		case <-tick.C:
		case <-ctx.Done():
		}
	}
	health.Set(ctx, eventx.Stopping, "asked to stop, or a task has failed")
}

// state asks all checks at once, and returns the worst answer.
func (e *Env) state(ctx context.Context) (worst eventx.HealthState, reason string) {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	errs := make([]error, len(e.checks))
	var wg sync.WaitGroup
	for i, c := range e.checks {
		wg.Go(func() { errs[i] = c.f(ctx) })
	}
	wg.Wait()
	worst, reason = eventx.Healthy, "serving"
	for i, c := range e.checks {
		if errs[i] != nil && c.otherwise > worst {
			worst, reason = c.otherwise, c.name+": "+errs[i].Error()
		}
	}
	return worst, reason
}
