// The NATS row: the embedded server takes connections, but no listener.
package main

import (
	"context"
	"io"
	"net"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"github.com/surefoot-go/surefoot/internal/adopt/kit"
	"github.com/surefoot-go/surefoot/listen"
	"github.com/surefoot-go/surefoot/svcx"
)

func main() { kit.Main("nats", serve, client) }

func serve(ctx context.Context, s *kit.Service) error {
	l, err := listen.Dual(s.Address)
	if err != nil {
		return err
	}
	ns, err := server.NewServer(&server.Options{DontListen: true, NoSigs: true, NoLog: true})
	if err != nil {
		return err
	}
	ns.Start()
	// The service's own part: it answers what is published to work.
	closed := make(chan struct{})
	conn, err := nats.Connect("", nats.InProcessServer(ns), nats.ClosedHandler(func(*nats.Conn) { close(closed) }))
	if err != nil {
		return err
	}
	if _, err := conn.Subscribe("work", func(m *nats.Msg) { m.Respond([]byte(s.Work())) }); err != nil {
		return err
	}
	s.Tasks.Go("serve", func(ctx context.Context) error {
		return svcx.Serve(ctx, func() error { return accept(s, l, ns) }, func(context.Context) error {
			l.Close()
			err := conn.Drain() // what has been received is answered
			<-closed
			ns.Shutdown()
			ns.WaitForShutdown()
			return err
		})
	})
	return s.Ready(ctx, l.Addr())
}

// accept gives the server its connections.
func accept(s *kit.Service, l net.Listener, ns *server.Server) error {
	for {
		outside, err := l.Accept()
		if err != nil {
			return err
		}
		inside, err := ns.InProcessConn()
		if err != nil {
			return err
		}
		for _, way := range [][2]net.Conn{{outside, inside}, {inside, outside}} {
			s.Tasks.Go("connection "+outside.RemoteAddr().String(), func(context.Context) error {
				io.Copy(way[0], way[1])
				way[0].Close() // ends the other way as well
				return nil
			})
		}
	}
}

func client(address string) (func(context.Context) (string, error), func(), error) {
	conn, err := nats.Connect("nats://"+address, nats.NoReconnect(), nats.Timeout(10*time.Second))
	if err != nil {
		return nil, nil, err
	}
	return func(ctx context.Context) (string, error) {
		answer, err := conn.RequestWithContext(ctx, "work", nil)
		if err != nil {
			return "", err
		}
		return string(answer.Data), nil
	}, conn.Close, nil
}
