// Broken is a service that does one thing wrong, which -backend names: the trial has to see it.
package main

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"

	"github.com/surefoot-go/surefoot/internal/adopt/kit"
	"github.com/surefoot-go/surefoot/listen"
	"github.com/surefoot-go/surefoot/svcx"
)

func main() { kit.Main("broken", serve, kit.HTTP) }

func serve(ctx context.Context, s *kit.Service) error {
	var l net.Listener
	l, err := listen.Dual(s.Address)
	if err != nil {
		return err
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, s.Work()) })}
	stop := server.Shutdown
	switch s.Backend {
	case "never ready":
		return errors.New("it can't start")
	case "one family":
		l.(*listen.Listener).Listeners()[1].Close()
		l = l.(*listen.Listener).Listeners()[0]
	case "cuts off":
		stop = func(context.Context) error { return server.Close() }
	case "leaks":
		go func() { select {} }()
	case "leaves a child":
		child := exec.Command("sleep", "60")
		if err := child.Start(); err != nil {
			return err
		}
		defer child.Process.Release()
	case "fails":
		stop = func(ctx context.Context) error {
			return errors.Join(server.Shutdown(ctx), errors.New("it fails at its end"))
		}
	case "dies":
		stop = func(context.Context) error { os.Exit(7); return nil }
	}
	s.Tasks.Go("serve", func(ctx context.Context) error {
		return svcx.Serve(ctx, func() error { return server.Serve(l) }, stop)
	})
	return s.Ready(ctx, l.Addr())
}
