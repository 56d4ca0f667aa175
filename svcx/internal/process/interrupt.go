package process

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// Interruptible returns a context that is cancelled by the first Ctrl+C, SIGINT or SIGTERM. A
// second one terminates the process.
func Interruptible() (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		select {
		case <-signals:
			cancel()
			signal.Stop(signals)
		case <-ctx.Done():
		}
	}()
	return ctx, cancel
}
