package service

import (
	"context"
	"sync"
	"time"

	"github.com/surefoot-go/surefoot/eventx"
)

// checkEvery is the time between two rounds of checks, checkTimeout the limit of a round.
const (
	checkEvery   = 5 * time.Second
	checkTimeout = 2 * time.Second
)

type check struct {
	name      string
	otherwise eventx.HealthState
	f         func(context.Context) error
}

// Need registers a check of something that the service can't work without. While f, which is called
// every few seconds, returns an error, /readyz says that the service is not ready.
func (e *Env) Need(name string, f func(context.Context) error) {
	e.checks = append(e.checks, check{name, eventx.Unhealthy, f})
}

// Want is like Need for something that the service can do without for a while: it is degraded then,
// and stays ready.
func (e *Env) Want(name string, f func(context.Context) error) {
	e.checks = append(e.checks, check{name, eventx.Degraded, f})
}

// runChecks keeps the service's health up to date until ctx ends, and then sets it to stopping.
func (e *Env) runChecks(ctx context.Context, health *eventx.Health) {
	tick := time.NewTicker(checkEvery)
	defer tick.Stop()
	for ctx.Err() == nil {
		state, reason := e.state(ctx)
		if ctx.Err() != nil {
			break // the checks failed because they were cancelled
		}
		health.Set(ctx, state, reason)
		select {
		case <-tick.C:
		case <-ctx.Done():
		}
	}
	health.Set(ctx, eventx.Stopping, "asked to stop, or a task has failed")
}

// state runs all checks at once and returns the worst result.
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
