// The Fiber row: Fiber serves a listener by fasthttp. Its Shutdown waits for idle connections, so
// they need a time limit.
package main

import (
	"context"
	"time"

	"github.com/gofiber/fiber/v3"

	"github.com/surefoot-go/surefoot/internal/adopt/kit"
	"github.com/surefoot-go/surefoot/listen"
	"github.com/surefoot-go/surefoot/svcx"
)

func main() { kit.Main("fiber", serve, kit.HTTP) }

func serve(ctx context.Context, s *kit.Service) error {
	l, err := listen.Dual(s.Address)
	if err != nil {
		return err
	}
	s.Remains = []string{
		"github.com/valyala/fasthttp.updateServerDate",    // one for the process
		"github.com/valyala/fasthttp.(*workerPool).Start", // sleeps for up to 10 s after its Stop
	}
	app := fiber.New(fiber.Config{IdleTimeout: time.Second})
	app.Get("/", func(c fiber.Ctx) error { return c.SendString(s.Work()) })
	s.Tasks.Go("serve", func(ctx context.Context) error {
		return svcx.Serve(ctx, func() error {
			return app.Listener(l, fiber.ListenConfig{DisableStartupMessage: true})
		}, app.ShutdownWithContext)
	})
	return s.Ready(ctx, l.Addr())
}
