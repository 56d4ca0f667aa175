package store

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// A Cache keeps strings for a while. If it fails, the caller should do without it.
type Cache interface {
	Get(ctx context.Context, key string) (value string, ok bool, err error)
	Set(ctx context.Context, key, value string, ttl time.Duration) error
	Ping(ctx context.Context) error
	Close() error
}

// OpenCache returns a cache in the Redis at url, which all processes share, or one in memory if url
// is empty.
func OpenCache(url string) (Cache, error) {
	if url == "" {
		return &memory{entries: map[string]entry{}}, nil
	}
	c, err := openRedis(url)
	if err != nil {
		return nil, fmt.Errorf("REDIS_URL: %w", err)
	}
	return c, nil
}

// maxEntries limits the cache in memory.
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
		clear(m.entries) // rare, and everything in it can be had again
	}
	m.entries[key] = entry{value, time.Now().Add(ttl)}
	return nil
}

func (m *memory) Ping(context.Context) error { return nil }
func (m *memory) Close() error               { return nil }
