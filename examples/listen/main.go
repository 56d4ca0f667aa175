// Command listen demonstrates package listen: it prints the capabilities of this machine's network
// stack, listens on an address, and greets each peer with its family. If the port is not available,
// it says who has it and what to do.
//
//	go run ./examples/listen             # :8080
//	go run ./examples/listen localhost:0 # a free port, for this machine only
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"

	"github.com/surefoot-go/surefoot/listen"
)

func main() {
	address := ":8080"
	if len(os.Args) > 1 {
		address = os.Args[1]
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Stdout, address); err != nil {
		explain(os.Stderr, err)
		os.Exit(1)
	}
}

// run serves until ctx ends.
func run(ctx context.Context, w io.Writer, address string) error {
	fmt.Fprintln(w, "stack:", listen.Probe())
	l, err := listen.Config{}.Listen(ctx, address)
	if err != nil {
		return err
	}
	defer l.Close()
	context.AfterFunc(ctx, func() { l.Close() })
	for _, a := range l.Addrs() {
		fmt.Fprintln(w, "listening on", a)
	}
	for _, skip := range l.Skipped() {
		fmt.Fprintln(w, "skipped", skip)
	}
	for {
		c, err := l.Accept()
		switch {
		case errors.Is(err, net.ErrClosed):
			return nil
		case err != nil:
			return err
		}
		peer := c.RemoteAddr().(*net.TCPAddr).AddrPort()
		family := listen.IPv4
		if peer.Addr().Is6() {
			family = listen.IPv6
		}
		fmt.Fprintln(w, family, "peer", peer)
		fmt.Fprintln(c, "hello over", family)
		c.Close()
	}
}

// explain prints err and all that it knows, a command a line.
func explain(w io.Writer, err error) {
	fmt.Fprintln(w, err)
	var refused *listen.Error
	if !errors.As(err, &refused) {
		return
	}
	for _, owner := range refused.Owners {
		fmt.Fprintln(w, "owner:", owner)
	}
	for _, hint := range refused.Hints {
		fmt.Fprintln(w, "try:  ", hint)
	}
}
