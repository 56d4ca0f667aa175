// Package errgroup has the API of golang.org/x/sync/errgroup on a procx.Group.
package errgroup

import (
	"context"
	"sync"

	"github.com/surefoot-go/surefoot/procx"
)

type Group struct {
	once   sync.Once
	group  *procx.Group
	cancel context.CancelCauseFunc
	closed bool // by a limit of 0, which is none to procx
}

func WithContext(ctx context.Context) (*Group, context.Context) {
	ctx, cancel := context.WithCancelCause(ctx)
	return &Group{cancel: cancel}, ctx
}

func (g *Group) init() *procx.Group {
	g.once.Do(func() { g.group = procx.NewGroup(context.Background(), "shim") })
	return g.group
}

func (g *Group) task(f func() error) func(context.Context) error {
	return func(context.Context) error {
		err := f()
		if err != nil && g.cancel != nil {
			g.cancel(err)
		}
		return err
	}
}

func (g *Group) Go(f func() error) { g.init().Go("task", g.task(f)) }
func (g *Group) TryGo(f func() error) bool {
	return !g.closed && g.init().TryGo("task", g.task(f))
}

func (g *Group) SetLimit(n int) {
	g.init().SetLimit(n)
	g.closed = n == 0
}

func (g *Group) Wait() error {
	err := g.init().Wait()
	if g.cancel != nil {
		g.cancel(err)
	}
	return err
}
