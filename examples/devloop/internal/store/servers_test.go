//go:build !lite

package store

import (
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestNoPostgres(t *testing.T) {
	_, err := Open(t.Context(), "postgres://u:secret@127.0.0.1:1/x", "", "x", table)
	require.ErrorContains(t, err, "database: ")
	assert.NotContains(t, err.Error(), "secret")
}

func TestOpenCacheErrors(t *testing.T) {
	for _, url := range []string{"localhost:6379", "http://localhost", "redis://localhost/x"} {
		_, err := OpenCache(url)
		assert.ErrorContains(t, err, "REDIS_URL: want redis://", url)
	}
}

// Without a Redis each call fails quickly, so that the service can do without.
func TestNoRedis(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, l.Close())
	c, err := OpenCache("redis://" + l.Addr().String())
	require.NoError(t, err, "it may come later")
	defer c.Close()
	_, ok, err := c.Get(t.Context(), "k")
	assert.Error(t, err)
	assert.False(t, ok)
	assert.Error(t, c.Set(t.Context(), "k", "v", time.Second))
	assert.Error(t, c.Ping(t.Context()))
}
