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
	"sync/atomic"
	"time"

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
	var down atomic.Bool
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch answer := s.Work(); {
		case down.Load():
			http.Error(w, "down", http.StatusServiceUnavailable)
		case s.Backend == "ignores a reload":
			io.WriteString(w, kit.Answer)
		default:
			io.WriteString(w, answer)
		}
	})}
	stop := server.Shutdown
	switch s.Backend {
	case "never ready":
		return errors.New("it can't start")
	case "one family":
		l.(*listen.Listener).Listeners()[1].Close()
		l = l.(*listen.Listener).Listeners()[0]
	case "cuts off":
		stop = func(context.Context) error { return server.Close() }
	case "down in a reload":
		s.Reload = func() error {
			down.Store(true)
			time.Sleep(100 * time.Millisecond)
			down.Store(false)
			return nil
		}
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
