package svcx

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Serve runs a server as part of a service's Main, and shuts it down when ctx ends:
//
//	return svcx.Serve(ctx, func() error { return server.Serve(l) }, server.Shutdown)
//
// serve is the server's blocking call. If it returns before ctx ends, Serve returns its error, nil
// included, and does not call shutdown. When ctx ends, Serve calls shutdown, and returns its error
// once both calls have returned. That is what a Main without Serve gets wrong:
// [net/http.Server.Serve] returns as soon as Shutdown begins, and a Main that returns with it cuts
// off the requests under way. What serve returns after shutdown was called, such as
// [net/http.ErrServerClosed], is dropped.
//
// The context that shutdown gets has the values of ctx, is not cancelled with it, and ends after
// three quarters of [Service].StopTimeout: 15 s by default, also where ctx is not a Main's. The
// last quarter is for what Main does afterwards, such as flushing its log. A shutdown that takes
// longer fails with an error that is [context.DeadlineExceeded]. It leaves requests unanswered, and
// they end with the process.
//
// serve runs in the calling goroutine, shutdown in another one. Any server fits that has two such
// calls: for a gRPC server shutdown calls GracefulStop. Call [Ready] before Serve, when the
// listener is open.
func Serve(ctx context.Context, serve func() error, shutdown func(context.Context) error) error {
	down := make(chan error, 1)
	remove := context.AfterFunc(ctx, func() {
		limit := shutdownLimit(ctx)
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), limit)
		defer cancel()
		err := shutdown(last)
		if last.Err() != nil && errors.Is(err, context.DeadlineExceeded) {
			err = fmt.Errorf("svcx: the server did not shut down within %v: %w", limit, err)
		}
		down <- err
	})
	err := serve()
	if remove() { // ctx has not ended: the server has
		return err
	}
	return <-down
}

type stopTimeoutKey struct{}

// withStopTimeout returns a context that tells Serve the service's StopTimeout.
func (s *Service) withStopTimeout(ctx context.Context) context.Context {
	return context.WithValue(ctx, stopTimeoutKey{}, s.stopTimeout())
}

// shutdownLimit returns how long a shutdown may take in a Main whose context is ctx.
func shutdownLimit(ctx context.Context) time.Duration {
	timeout, ok := ctx.Value(stopTimeoutKey{}).(time.Duration)
	if !ok {
		timeout = defaultStopTimeout
	}
	return timeout / 4 * 3
}
