package svcx

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/surefoot-go/surefoot/svcx/internal/supervisor"
)

// Serve runs a server as part of a service's Main, and shuts the server down when ctx is done:
//
//	return svcx.Serve(ctx, func() error { return server.Serve(l) }, server.Shutdown)
//
// serve is the server's blocking call. If it returns before ctx is done, Serve returns its error,
// which may be nil, and does not call shutdown. When ctx is done, Serve calls shutdown, and returns
// the error of shutdown once both calls have returned. This avoids a common mistake:
// [net/http.Server.Serve] returns as soon as Shutdown begins, and a Main that returns at that point
// cuts off active requests. Serve ignores the error that serve returns after shutdown was called,
// such as [net/http.ErrServerClosed].
//
// The context passed to shutdown has the values of ctx but is not cancelled with it. Its timeout is
// three quarters of [Service].StopTimeout: 15 s by default, even if ctx is not Main's context. The
// last quarter is for Main's remaining work, such as flushing its log. If shutdown takes longer,
// Serve returns an error that matches [context.DeadlineExceeded]; unanswered requests end with the
// process.
//
// serve runs in the calling goroutine, shutdown in another one. Serve works with any server that
// has two such calls; for a gRPC server, shutdown calls GracefulStop. Call [Ready] before Serve,
// when the listener is open.
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
	if remove() { // serve returned before ctx was done
		return err
	}
	return <-down
}

// shutdownLimit returns the time limit of a shutdown in a Main whose context is ctx.
func shutdownLimit(ctx context.Context) time.Duration {
	timeout := defaultStopTimeout
	if s := supervisor.Of(ctx); s != nil {
		timeout = s.StopTimeout()
	}
	return timeout / 4 * 3
}
