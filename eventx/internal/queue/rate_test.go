package queue

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// TestLimiterAgainstExact checks that tokens in hand hardly change the result.
func TestLimiterAgainstExact(t *testing.T) {
	l := newLimiter(Rate{PerSecond: 100, Burst: 200})
	now := time.Duration(0)
	clock := func() time.Duration { return now }
	passed := func(n int) (ok int) {
		for range n {
			if l.allow(7, clock) {
				ok++
			}
		}
		return ok
	}
	assert.Equal(t, 200, passed(1000), "a burst")
	now += time.Second
	assert.Equal(t, 100, passed(1000))
	now += time.Hour
	assert.Equal(t, 200, passed(1000))
	now += time.Hour
	assert.Equal(t, 1, passed(1))
	now += time.Hour
	assert.LessOrEqual(t, passed(1000), 212)
	total := 0
	for range 100 {
		now += 100 * time.Millisecond
		total += passed(100)
	}
	assert.InDelta(t, 1000, total, 12)
	assert.True(t, l.allow(8, clock), "another ID has its own")
}
