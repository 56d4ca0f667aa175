//go:build !lite

package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	"github.com/redis/go-redis/v9"
)

func openPostgres(dsn string) (*sql.DB, error) { return sql.Open("pgx", dsn) }

func openRedis(url string) (Cache, error) {
	options, err := redis.ParseURL(url)
	if err != nil {
		return nil, fmt.Errorf("want redis://host:port/0: %w", err)
	}
	options.DialTimeout, options.ReadTimeout, options.WriteTimeout = time.Second, time.Second, time.Second
	options.MaxRetries, options.DialerRetries = 1, 1 // the service can do without, which is better than to wait
	redis.SetLogger(quiet{})
	return &shared{redis.NewClient(options)}, nil
}

// quiet logs what the client has to say at debug level, in the services' format. The client returns
// it as an error as well.
type quiet struct{}

func (quiet) Printf(ctx context.Context, format string, args ...any) {
	slog.DebugContext(ctx, fmt.Sprintf(format, args...))
}

type shared struct{ client *redis.Client }

func (s *shared) Get(ctx context.Context, key string) (string, bool, error) {
	value, err := s.client.Get(ctx, key).Result()
	if errors.Is(err, redis.Nil) {
		return "", false, nil
	}
	return value, err == nil, err
}

func (s *shared) Set(ctx context.Context, key, value string, ttl time.Duration) error {
	return s.client.Set(ctx, key, value, ttl).Err()
}

func (s *shared) Ping(ctx context.Context) error { return s.client.Ping(ctx).Err() }
func (s *shared) Close() error                   { return s.client.Close() }
