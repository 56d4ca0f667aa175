// The Gin row: an engine is an http.Handler.
package main

import (
	"context"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/surefoot-go/surefoot/internal/adopt/kit"
)

func main() { kit.Main("gin", serve, kit.HTTP) }

func serve(ctx context.Context, s *kit.Service) error {
	gin.SetMode(gin.ReleaseMode)
	engine := gin.New()
	engine.Use(gin.Recovery())
	engine.GET("/", func(c *gin.Context) { c.String(http.StatusOK, s.Work()) })
	return s.ServeHTTP(ctx, engine)
}
