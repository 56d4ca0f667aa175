package store

import (
	"fmt"
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
