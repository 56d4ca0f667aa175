// Package inlined starts goroutines in functions that the compiler inlines into those of other
// packages. It is for tests alone.
package inlined

import "sync"

// A Pool is a pool of workers.
type Pool struct {
	wg   sync.WaitGroup
	stop chan struct{}
}

// New starts a pool that runs until Close.
func New() *Pool {
	p := &Pool{stop: make(chan struct{})}
	p.start()
	return p
}

func (p *Pool) start() {
	p.wg.Go(func() { <-p.stop })
}

// Close ends the workers.
func (p *Pool) Close() { close(p.stop); p.wg.Wait() }

// Start starts a worker of a function's own.
func Start(wg *sync.WaitGroup, stop chan struct{}) { wg.Go(func() { <-stop }) }

// A Value starts a worker by a method of its value.
type Value struct{ Stop chan struct{} }

// Start starts it.
func (v Value) Start(wg *sync.WaitGroup) { wg.Go(func() { <-v.Stop }) }

// StartAll starts one of a type.
func StartAll[T any](wg *sync.WaitGroup, stop chan T) { wg.Go(func() { <-stop }) }

// Two starts two workers, of which the first ends at once.
func Two(wg *sync.WaitGroup, stop chan struct{}) {
	wg.Go(func() {})
	wg.Go(func() { <-stop })
}
