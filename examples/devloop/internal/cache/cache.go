// Package cache keeps small answers for a while: in Redis, where all processes
// share them, or else in memory.
package cache

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

// A Cache keeps strings for a while. A failure is an error, and never a reason
// not to answer: what a cache holds can be had again.
type Cache interface {
	Get(ctx context.Context, key string) (value string, ok bool, err error)
	Set(ctx context.Context, key, value string, ttl time.Duration) error
	Ping(ctx context.Context) error
	Close() error
}

// Open returns a cache in the Redis at url, or one in memory if url is empty.
func Open(url string) (Cache, error) {
	if url == "" {
		return &memory{entries: map[string]entry{}}, nil
	}
	options, err := redis.ParseURL(url)
	if err != nil {
		return nil, fmt.Errorf("REDIS_URL: want redis://host:port/0: %w", err)
	}
	options.DialTimeout, options.ReadTimeout, options.WriteTimeout = time.Second, time.Second, time.Second
	redis.SetLogger(quiet{})
	options.MaxRetries, options.DialerRetries = 1, 1 // who asks can do without, rather than wait
	return &shared{redis.NewClient(options)}, nil
}

// quiet has what the client logs in the services' format, where it is asked for:
// all of it comes back as an error, too.
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

// maxEntries bounds what is kept in memory.
const maxEntries = 10_000

type entry struct {
	value string
	until time.Time
}

type memory struct {
	mu      sync.Mutex
	entries map[string]entry
}

func (m *memory) Get(_ context.Context, key string) (string, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	e, ok := m.entries[key]
	if !ok || time.Now().After(e.until) {
		delete(m.entries, key)
		return "", false, nil
	}
	return e.value, true, nil
}

func (m *memory) Set(_ context.Context, key, value string, ttl time.Duration) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.entries) >= maxEntries {
		clear(m.entries) // rare, and nothing is lost that can't be had again
	}
	m.entries[key] = entry{value, time.Now().Add(ttl)}
	return nil
}

func (m *memory) Ping(context.Context) error { return nil }
func (m *memory) Close() error               { return nil }
