package loop

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestDue(t *testing.T) {
	first := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for _, test := range []struct {
		name       string
		last, want time.Duration // after first
	}{
		{"one change", 0, quiet},
		{"several", time.Second, time.Second + quiet},
		{"no end of them", 10 * time.Second, patient},
	} {
		t.Run(test.name, func(t *testing.T) {
			assert.Equal(t, test.want, due(first, first.Add(test.last)).Sub(first))
		})
	}
}

func TestQueue(t *testing.T) {
	q := newQueue()
	past := time.Now().Add(-time.Hour) // what changed then is due now
	q.add("a", false, past)
	q.add("b", false, past)
	q.add("b", true, past)
	q.add("b", false, past)
	b, err := q.next(t.Context())
	require.NoError(t, err)
	assert.Equal(t, map[string]bool{"a": false, "b": true}, b.services)

	q.add("a", true, past)
	assert.NoError(t, b.ctx.Err(), "while it is prepared, a is in it")
	q.begin(b)
	assert.True(t, b.services["a"])
	b.services["a"] = false

	q.add("c", false, past)
	assert.NoError(t, b.ctx.Err(), "c is not in the batch")
	q.add("a", false, past)
	assert.Error(t, b.ctx.Err(), "a is")
	assert.False(t, q.finish(b))
	b, err = q.next(t.Context())
	require.NoError(t, err)
	assert.Equal(t, map[string]bool{"a": false, "b": true, "c": false}, b.services, "b has not been built either")
	assert.True(t, q.finish(b))

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = q.next(ctx)
	assert.ErrorIs(t, err, context.Canceled, "nothing is left")
}

// A further save is waited for.
func TestQueueWaitsForQuiet(t *testing.T) {
	q := newQueue()
	now := time.Now()
	q.add("a", false, now.Add(-quiet/2))
	q.add("b", false, now)
	b, err := q.next(t.Context())
	require.NoError(t, err)
	assert.Len(t, b.services, 2)
	assert.False(t, time.Now().Before(now.Add(quiet)))
}
