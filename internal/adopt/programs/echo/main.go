// The Echo row: Echo runs its own http.Server, and takes the listener and the logger.
package main

import (
	"context"
	"net/http"

	"github.com/labstack/echo/v5"

	"github.com/surefoot-go/surefoot/internal/adopt/kit"
	"github.com/surefoot-go/surefoot/listen"
)

func main() { kit.Main("echo", serve, kit.HTTP) }

func serve(ctx context.Context, s *kit.Service) error {
	l, err := listen.Dual(s.Address)
	if err != nil {
		return err
	}
	e := echo.New()
	e.Logger = s.Log
	e.GET("/", func(c *echo.Context) error { return c.String(http.StatusOK, s.Work()) })
	s.Tasks.Go("serve", func(ctx context.Context) error { // Start shuts down when ctx ends
		return echo.StartConfig{Listener: l, HideBanner: true}.Start(ctx, e)
	})
	return s.Ready(ctx, l.Addr())
}
