package store

import (
	"fmt"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestMemoryCache(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, err := OpenCache("")
		require.NoError(t, err)
		defer c.Close()
		require.NoError(t, c.Ping(t.Context()))
		has := func(key, want string) {
			t.Helper()
			value, ok, err := c.Get(t.Context(), key)
			require.NoError(t, err)
			assert.Equal(t, want != "", ok)
			assert.Equal(t, want, value)
		}
		has("k", "")
		require.NoError(t, c.Set(t.Context(), "k", "v", time.Second))
		has("k", "v")
		require.NoError(t, c.Set(t.Context(), "k", "w", 2*time.Second))
		time.Sleep(1500 * time.Millisecond) // the test's clock
		has("k", "w")
		time.Sleep(time.Second)
		has("k", "")
		assert.Empty(t, c.(*memory).entries, "what is over takes no room")

		for i := range 3 * maxEntries {
			require.NoError(t, c.Set(t.Context(), fmt.Sprint(i), "v", time.Hour))
		}
		has(fmt.Sprint(3*maxEntries-1), "v")
		assert.LessOrEqual(t, len(c.(*memory).entries), maxEntries)
	})
}

func TestOpenCacheRefuses(t *testing.T) {
	for _, url := range []string{"localhost:6379", "http://localhost", "redis://localhost/x"} {
		_, err := OpenCache(url)
		assert.ErrorContains(t, err, "REDIS_URL: want redis://", url)
	}
}

// Without a Redis, each call fails, and soon: the service goes on without it.
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
