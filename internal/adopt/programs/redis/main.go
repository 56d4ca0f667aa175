// The go-redis row: a service in front of Redis.
package main

import (
	"context"
	"io"
	"net/http"

	"github.com/redis/go-redis/v9"

	"github.com/surefoot-go/surefoot/internal/adopt/kit"
)

func main() { kit.Main("redis", serve, kit.HTTP) }

func serve(ctx context.Context, s *kit.Service) error {
	options, err := redis.ParseURL(s.Backend)
	if err != nil {
		return err
	}
	client := redis.NewClient(options)
	defer client.Close()
	if err := client.Ping(ctx).Err(); err != nil {
		return err
	}
	err = s.ServeHTTP(ctx, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer, err := client.Echo(r.Context(), s.Work()).Result()
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		io.WriteString(w, answer)
	}))
	s.Tasks.Wait() // before the connections close; Stop has its error
	return err
}
