package eventx

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/eventx/internal/eventlog"
	"github.com/surefoot-go/surefoot/eventx/internal/eventtest"
	"github.com/surefoot-go/surefoot/eventx/internal/queue"
	"github.com/surefoot-go/surefoot/internal/testenv"
)

// TestHeapWithHungLog checks that 600 events of 1 MiB do not take 600 MiB.
func TestHeapWithHungLog(t *testing.T) {
	for _, onWindows := range []bool{false, true} {
		t.Run(fmt.Sprint("Windows ", onWindows), func(t *testing.T) {
			_, release := hung(t)
			o := &HandlerOptions{Rate: Rate{PerSecond: -1}}
			if onWindows {
				o.Report = discardReports // for its limit: the log is the hung one
			}
			h := newHandler(t, o)
			defer release()
			large := strings.Repeat("x", 1<<20)
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			for range 600 {
				slog.New(h).Error("m", "data", large)
			}
			runtime.GC()
			runtime.ReadMemStats(&after)
			assert.Less(t, int64(after.HeapAlloc)-int64(before.HeapAlloc), int64(12<<20))
			if onWindows {
				assert.Greater(t, uint64(100), 600-h.Stats().Dropped-1, "")
				assert.Greater(t, 600-h.Stats().Dropped, uint64(60), "each takes what it will be cut to")
			}
		})
	}
}

func TestQueueBytes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake, release := hung(t)
		h := newHandler(t, &HandlerOptions{Level: slog.LevelInfo, QueueBytes: 64 << 10})
		l := slog.New(h)
		fill(l, slog.LevelInfo, 3)
		big := strings.Repeat("x", 50<<10)
		l.Warn("big", "data", big)
		assert.Zero(t, h.Stats().Dropped, "there is room for all")
		l.Info("too big", "data", big)
		assert.Equal(t, uint64(1), h.Stats().Dropped)
		l.Error("bigger than the queue", "data", big+big)
		assert.Equal(t, uint64(5), h.Stats().Dropped, "it takes the place of all below it, and is then alone")
		l.Error("no room beside it")
		assert.Equal(t, uint64(6), h.Stats().Dropped)
		release()
		flush(t, h)
		assert.Equal(t, []string{"hangs", "bigger than the queue"}, fake.messages()[:2])
		checkSum(t, h)
	})
}

// TestNoUselessDrops checks that no events are dropped for one that still would not fit.
func TestNoUselessDrops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, release := hung(t)
		h := newHandler(t, &HandlerOptions{Level: slog.LevelInfo, QueueBytes: 32 << 10})
		l := slog.New(h)
		fill(l, slog.LevelError, 2)
		l.Info("small")
		l.Error("too big beside the errors", "data", strings.Repeat("x", 40<<10))
		assert.Equal(t, uint64(1), h.Stats().Dropped)
		release()
		flush(t, h)
		checkSum(t, h)
	})
}

// TestFullQueueOfErrors checks that a queue that is full of errors drops the next one at once.
func TestFullQueueOfErrors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, release := hung(t)
		h := newHandler(t, &HandlerOptions{Queue: 2})
		l := slog.New(h)
		start := time.Now()
		fill(l, slog.LevelError, 10)
		assert.Zero(t, time.Since(start))
		assert.Equal(t, uint64(8), h.Stats().Dropped)
		release()
		flush(t, h)
		checkSum(t, h)
	})
}

// TestCutBeforeQueue checks that an event for the Event Log is cut before it is queued, and that the
// mark counts all missing characters.
func TestCutBeforeQueue(t *testing.T) {
	for text, n := range map[string]int{strings.Repeat("x", 1<<20): 1 << 20, strings.Repeat("磁", 1<<18): 1 << 18, strings.Repeat("💾", 1<<18): 1 << 18} {
		r := &eventtest.Reports{}
		h, err := NewHandler("surefoot-test", &HandlerOptions{Report: r.Report, open: func(string) (queue.Sink, error) { return &eventlog.Log{Report: r.Report}, nil }})
		require.NoError(t, err)
		slog.New(h).Error(text, "and", "more")
		require.NoError(t, h.Close())
		require.Len(t, r.All, 1)
		kept, mark, ok := strings.Cut(r.All[0].Inserts[0], "…[+")
		require.True(t, ok)
		var left int
		_, err = fmt.Sscanf(mark, "%d]", &left)
		require.NoError(t, err)
		assert.Equal(t, n+len("\nand=more"), len([]rune(kept))+left)
		assert.Equal(t, uint64(1), h.Stats().Truncated)
	}
}

// TestUnknownError checks that an unknown error number does not leave an invalid handle in use.
func TestUnknownError(t *testing.T) {
	dead := &fakeLog{onWrite: func(n int) (bool, error) {
		if n <= 2*queue.MaxRefusals+1 {
			return false, syscall.Errno(31999)
		}
		return false, nil
	}}
	dead.use(t)
	out := &testenv.Buffer{}
	h := newHandler(t, &HandlerOptions{Fallback: out})
	for i := range 3 * queue.MaxRefusals {
		slog.New(h).Error(fmt.Sprint("event ", i))
	}
	flush(t, h)
	assert.Equal(t, 3, dead.opened)
	assert.Equal(t, 2, dead.closed)
	assert.Len(t, dead.messages(), queue.MaxRefusals-1)
	assert.Zero(t, checkSum(t, h).Dropped)
}

func TestDebugInvocation(t *testing.T) {
	failing(t, errors.New("none"))
	t.Setenv("DEBUG_INVOCATION", "1")
	assert.True(t, newHandler(t, &HandlerOptions{Level: slog.LevelError, Fallback: &testenv.Buffer{}}).Enabled(context.Background(), slog.LevelDebug))
	t.Setenv("DEBUG_INVOCATION", "")
	assert.False(t, newHandler(t, nil).Enabled(context.Background(), slog.LevelInfo))
}
