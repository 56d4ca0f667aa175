package svcx_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"time"

	"github.com/surefoot-go/surefoot/svcx"
)

func ExampleRun() {
	err := svcx.Run(context.Background(), "orders", func(ctx context.Context) error {
		svcx.Ready(ctx)
		// Work until the context is cancelled. This example has no work to do.
		return nil
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("ended")
	// Output: ended
}

var listenOn = flag.String("listen", ":8080", "address to listen on")

func ExampleMain() {
	svcx.Main(&svcx.Service{
		Name:        "orders",
		Description: "Takes orders.",
		StopTimeout: 30 * time.Second,
		Main: func(ctx context.Context) error {
			l, err := net.Listen("tcp", *listenOn)
			if err != nil {
				return err // the service was never running; the manager retries
			}
			svcx.Ready(ctx)
			<-ctx.Done()
			return l.Close()
		},
	})
}

// A stop waits until active requests have been answered.
func ExampleServe() {
	main := func(ctx context.Context) error {
		l, err := net.Listen("tcp", *listenOn)
		if err != nil {
			return err
		}
		svcx.Ready(ctx)
		server := &http.Server{Handler: http.NotFoundHandler(), ReadHeaderTimeout: 10 * time.Second}
		return svcx.Serve(ctx, func() error { return server.Serve(l) }, server.Shutdown)
	}
	svcx.Main(&svcx.Service{Name: "orders", Main: main})
}

func ExampleProgress() {
	migrate := func(n int) error { return nil }
	main := func(ctx context.Context) error {
		for n := range 3 {
			svcx.Progress(ctx, fmt.Sprintf("migration %d of 3", n+1))
			if err := migrate(n); err != nil {
				return err
			}
		}
		svcx.Ready(ctx) // now that the listener is open
		return nil
	}
	fmt.Println(svcx.Run(context.Background(), "orders", main))
	// Output: <nil>
}

func ExampleEvents() {
	reload := func() error { return nil }
	service := &svcx.Service{
		Name:   "orders",
		Accept: svcx.AcceptReload,
		Main: func(ctx context.Context) error {
			svcx.Ready(ctx)
			for {
				select {
				case e := <-svcx.Events(ctx):
					if e.Kind == svcx.Reload {
						if err := reload(); err != nil {
							log.Print(err) // keep the old configuration
						}
					}
					e.Done()
				case <-ctx.Done():
					return nil
				}
			}
		},
	}
	svcx.Main(service)
}

func ExampleExitError() {
	err := svcx.Run(context.Background(), "orders", func(context.Context) error {
		return &svcx.ExitError{Code: 70, Err: errors.New("the database is of another version")}
	})
	fmt.Println(svcx.ExitCode(err), err)
	// Output: 70 the database is of another version
}
