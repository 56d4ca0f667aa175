// The Caddy row: Caddy gets its listeners by the name of a network, and the service's own part is a
// module. caddy.Stop leaves requests under way unless the process exits by Caddy, so the module
// counts them.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

	"github.com/surefoot-go/surefoot/internal/adopt/kit"
	"github.com/surefoot-go/surefoot/listen"
)

func main() {
	caddy.RegisterNetwork("dual", func(ctx context.Context, _, host, port string, _ uint, c net.ListenConfig) (any, error) {
		l, err := listen.Config{Control: c.Control}.Listen(ctx, net.JoinHostPort(host, port))
		if err == nil {
			service.addr = l.Addr()
		}
		return l, err
	})
	caddy.RegisterModule(work{})
	kit.Main("caddy", serve, kit.HTTP)
}

// service is what the modules of this process work for: Caddy makes them itself.
var service struct {
	*kit.Service
	addr     net.Addr
	underWay sync.WaitGroup
}

func serve(ctx context.Context, s *kit.Service) error {
	service.Service = s
	config := fmt.Sprintf(`{
		"admin": {"disabled": true, "config": {"persist": false}},
		"logging": {"logs": {"default": {"level": "WARN"}}},
		"apps": {
			"tls": {"disable_storage_clean": true},
			"http": {"servers": {"adopt": {
				"listen": ["dual/%s"],
				"automatic_https": {"disable": true},
				"routes": [{"handle": [{"handler": "adopt"}]}]
			}}}
		}
	}`, s.Address)
	var c caddy.Config
	if err := json.Unmarshal([]byte(config), &c); err != nil {
		return err
	}
	if err := caddy.Run(&c); err != nil {
		return err
	}
	s.Tasks.Go("caddy", func(ctx context.Context) error {
		<-ctx.Done()
		err := caddy.Stop()
		service.underWay.Wait()
		return err
	})
	return s.Ready(ctx, service.addr)
}

// work is the module http.handlers.adopt.
type work struct{}

func (work) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "http.handlers.adopt", New: func() caddy.Module { return new(work) }}
}

func (work) ServeHTTP(w http.ResponseWriter, r *http.Request, _ caddyhttp.Handler) error {
	service.underWay.Add(1)
	defer service.underWay.Done()
	_, err := io.WriteString(w, service.Work())
	return err
}
