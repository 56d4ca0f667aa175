// The Caddy row: Caddy gets its listeners by the name of a network, and the service's own part is a
// module. At a reload Caddy listens for the new configuration before it closes the listeners of the
// old one, so they share a socket. caddy.Stop leaves requests under way unless the process exits by
// Caddy, so the module counts them.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

	"github.com/surefoot-go/surefoot/internal/adopt/kit"
	"github.com/surefoot-go/surefoot/listen"
	"github.com/surefoot-go/surefoot/svcx"
)

func main() {
	caddy.RegisterNetwork("dual", func(context.Context, string, string, string, uint, net.ListenConfig) (any, error) {
		ctx, cancel := context.WithCancel(context.Background())
		return &listener{Listener: service.socket, closed: ctx.Done(), cancel: cancel}, nil
	})
	caddy.RegisterModule(work{})
	kit.Main("caddy", serve, kit.HTTP)
}

// service is what the modules of this process work for: Caddy makes them itself.
var service struct {
	*kit.Service
	socket   *listen.Listener
	conns    chan net.Conn
	underWay sync.WaitGroup
}

func serve(ctx context.Context, s *kit.Service) (err error) {
	service.Service, service.conns = s, make(chan net.Conn)
	if service.socket, err = listen.Dual(s.Address); err != nil {
		return err
	}
	s.Reload = func() error {
		var c caddy.Config
		err := json.Unmarshal(fmt.Appendf(nil, `{
			"admin": {"disabled": true, "config": {"persist": false}},
			"logging": {"logs": {"default": {"level": "WARN"}}},
			"apps": {"tls": {"disable_storage_clean": true}, "http": {"servers": {"adopt": {
				"listen": ["dual/%s"],
				"automatic_https": {"disable": true},
				"routes": [{"handle": [{"handler": "adopt", "answer": %q}]}]
			}}}}
		}`, s.Address, s.Answer()), &c)
		if err == nil {
			err = caddy.Run(&c)
		}
		return err
	}
	if err := s.Reload(); err != nil {
		return err
	}
	s.Tasks.Go("caddy", func(ctx context.Context) error {
		return svcx.Serve(ctx, func() error { return accept(ctx) }, func(context.Context) error {
			err := errors.Join(service.socket.Close(), caddy.Stop())
			service.underWay.Wait()
			return err
		})
	})
	return s.Ready(ctx, service.socket.Addr())
}

// accept gives the connections to the listeners that Caddy has open.
func accept(ctx context.Context) error {
	for {
		conn, err := service.socket.Accept()
		if err != nil {
			return err
		}
		select {
		case service.conns <- conn:
		case <-ctx.Done():
			conn.Close()
		}
	}
}

// A listener is the socket for one configuration.
type listener struct {
	net.Listener
	closed <-chan struct{}
	cancel func()
}

func (l *listener) Accept() (net.Conn, error) {
	select {
	case conn := <-service.conns:
		return conn, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *listener) Close() error {
	l.cancel()
	return nil
}

// work is the module http.handlers.adopt.
type work struct{ Answer string }

func (work) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "http.handlers.adopt", New: func() caddy.Module { return new(work) }}
}

func (m work) ServeHTTP(w http.ResponseWriter, r *http.Request, _ caddyhttp.Handler) error {
	service.underWay.Add(1)
	defer service.underWay.Done()
	service.Work()
	_, err := io.WriteString(w, m.Answer)
	return err
}
