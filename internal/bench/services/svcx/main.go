//go:build windows

// Svcx is the service of the start-up benchmark, by package svcx.
package main

import (
	"context"
	"os"
	"time"

	"github.com/surefoot-go/surefoot/svcx"
)

func main() {
	hold, _ := time.ParseDuration(os.Args[2])
	err := svcx.Run(context.Background(), os.Args[1], func(ctx context.Context) error {
		time.Sleep(hold)
		svcx.Ready(ctx)
		<-ctx.Done()
		return nil
	})
	if err != nil {
		os.Exit(1)
	}
}
