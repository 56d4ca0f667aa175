package eventx

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/eventx/internal/queue"
	"github.com/surefoot-go/surefoot/internal/testenv"
)

// hung is a log whose writes hang until release is called.
func hung(t testing.TB) (log *fakeLog, release func()) {
	t.Helper()
	gate := make(chan struct{})
	log = &fakeLog{onWrite: func(int) (bool, error) { <-gate; return false, nil }}
	return log.use(t), sync.OnceFunc(func() { close(gate) })
}

// fill logs one event, waits until the writer hangs in it, and logs n more.
func fill(l *slog.Logger, level slog.Level, n int) {
	ctx := context.Background()
	l.Log(ctx, level, "hangs")
	synctest.Wait()
	for i := range n {
		l.Log(ctx, level, fmt.Sprint(i))
	}
}

func TestOverflowDropsLowestFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, release := hung(t)
		h := newHandler(t, &HandlerOptions{Level: slog.LevelDebug, Queue: 4})
		l := slog.New(h)
		fill(l, slog.LevelInfo, 2)
		l.Warn("w0")
		l.Error("e0")
		l.Info("dropped, as the queue is full")
		l.Warn("w1") // instead of 0
		l.Error("e1")
		l.Error("e2") // instead of w0
		l.Warn("dropped too")
		l.Info("and this")
		assert.Equal(t, uint64(6), h.Stats().Dropped)
		release()
		flush(t, h)
		assert.Equal(t, []string{"hangs", "e0", "w1", "e1", "e2", "6 events were lost: the log did not keep up or could not be written"}, log.messages())
		last := log.all()[5]
		assert.Equal(t, IDDropped, last.ID)
		assert.Regexp(t, "^errors=0,warnings=2,informations=4,since=", last.Attrs)
		s := checkSum(t, h)
		assert.Equal(t, Stats{Sent: 12, Written: 6, Dropped: 6}, s)
	})
}

func TestRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := new(fakeLog).use(t)
		h := newHandler(t, &HandlerOptions{Rate: Rate{PerSecond: 10, Burst: 3}})
		l := slog.New(h)
		for range 10 {
			l.Warn("flood", ID(2000))
			l.Warn("no ID is ID 1")
		}
		l.Warn("another ID is not held back", ID(2001))
		time.Sleep(100 * time.Millisecond)
		l.Warn("one more", ID(2000))
		l.Warn("and one too many", ID(2000))
		time.Sleep(queue.ReportEvery)
		synctest.Wait()
		got := log.all()
		require.Len(t, got, 9)
		assert.Equal(t, "15 events were not written: more than the rate allows for their IDs", got[8].Message)
		assert.Equal(t, IDSuppressed, got[8].ID)
		assert.Regexp(t, "^counts=2000:8 1:7,since=", got[8].Attrs)
		s := checkSum(t, h)
		assert.Equal(t, Stats{Sent: 24, Written: 9, Suppressed: 15}, s)
	})
}

// TestRateReportDuringFlood checks that the report does not wait for the end of the flood.
func TestRateReportDuringFlood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := new(fakeLog).use(t)
		h := newHandler(t, &HandlerOptions{Rate: Rate{PerSecond: 1, Burst: 1}})
		l := slog.New(h)
		for range 250 {
			l.Warn("flood")
			time.Sleep(100 * time.Millisecond)
		}
		synctest.Wait()
		reports := slices.DeleteFunc(log.messages(), func(m string) bool { return m == "flood" })
		assert.Len(t, reports, 2)
	})
}

// TestRateIgnoresRecordTime checks the rate with replayed records, which have their own times.
func TestRateIgnoresRecordTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		new(fakeLog).use(t)
		h := newHandler(t, &HandlerOptions{Rate: Rate{PerSecond: 1, Burst: 1}})
		ctx := context.Background()
		for _, at := range []time.Time{time.Now().AddDate(100, 0, 0), time.Unix(0, 0), time.Now(), {}} {
			require.NoError(t, h.Handle(ctx, slog.NewRecord(at, slog.LevelError, "m", 0)))
		}
		assert.Equal(t, uint64(3), h.Stats().Suppressed)
		time.Sleep(time.Second)
		require.NoError(t, h.Handle(ctx, slog.NewRecord(time.Now(), slog.LevelError, "m", 0)))
		assert.Equal(t, uint64(3), h.Stats().Suppressed)
	})
}

func TestNoRate(t *testing.T) {
	log := new(fakeLog).use(t)
	h := newHandler(t, &HandlerOptions{Rate: Rate{PerSecond: -1}})
	for range 1000 {
		slog.New(h).Error("as many as you like")
	}
	flush(t, h)
	assert.Len(t, log.all(), 1000)
}

func TestFlush(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, release := hung(t)
		h := newHandler(t, nil)
		slog.New(h).Error("hangs")
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		start := time.Now()
		assert.ErrorIs(t, h.Flush(ctx), context.DeadlineExceeded)
		assert.Equal(t, time.Second, time.Since(start))
		release()
		flush(t, h)
		checkSum(t, h)
	})
}

func TestClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := new(fakeLog).use(t)
		h := newHandler(t, nil)
		l := slog.New(h)
		for range 100 {
			l.Warn("m")
		}
		require.NoError(t, h.Close())
		assert.Len(t, log.all(), 100)
		assert.Equal(t, 1, log.closed)
		assert.NoError(t, h.Close(), "again")
		assert.NoError(t, h.Flush(context.Background()), "nothing to wait for")
		assert.ErrorIs(t, h.Handle(context.Background(), slog.NewRecord(time.Now(), slog.LevelError, "late", 0)), ErrClosed)
		assert.Equal(t, Stats{Sent: 101, Written: 100, Dropped: 1}, checkSum(t, h))
		assert.Equal(t, 1, log.closed)
	})
}

func TestCloseWithHungLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, release := hung(t)
		h := newHandler(t, nil)
		l := slog.New(h)
		fill(l, slog.LevelError, 5)
		start := time.Now()
		err := h.Close()
		assert.Equal(t, closeWait, time.Since(start))
		assert.ErrorIs(t, err, context.DeadlineExceeded)
		assert.ErrorContains(t, err, "5 events lost")
		assert.Equal(t, uint64(5), h.Stats().Dropped)
		assert.ErrorIs(t, h.Flush(context.Background()), ErrClosed, "does not hang, nor says that all is accounted for")
		release()
		assert.NoError(t, h.Close())
		assert.NoError(t, h.Flush(context.Background()))
		assert.Equal(t, Stats{Sent: 7, Written: 2, Dropped: 5}, checkSum(t, h), "one is the report")
	})
}

// TestNoWritesAfterClose checks that nothing is written to the fallback after Close has returned.
func TestNoWritesAfterClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, release := hung(t)
		out := &testenv.Buffer{}
		h := newHandler(t, &HandlerOptions{Queue: 1, Fallback: out})
		fill(slog.New(h), slog.LevelWarn, 2)
		assert.ErrorContains(t, h.Close(), "1 events lost")
		time.Sleep(2 * queue.ReportOverdue)
		assert.Empty(t, out.String())
		release()
		assert.NoError(t, h.Close())
		assert.Equal(t, Stats{Sent: 4, Written: 2, Dropped: 2}, checkSum(t, h))
	})
}

func TestConcurrentUse(t *testing.T) {
	log := &fakeLog{onWrite: func(n int) (bool, error) {
		if n%50 == 0 {
			return false, queue.Lost(errors.New("gone"))
		}
		return n%7 == 0, nil
	}}
	log.use(t)
	h := newHandler(t, &HandlerOptions{Level: slog.LevelDebug, Queue: 16, Rate: Rate{PerSecond: 5000}, Fallback: &testenv.Buffer{}})
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			l := slog.New(h).With("g", g)
			for i := range 500 {
				l.Log(context.Background(), slog.Level(4*(i%4)-4), "m", ID(uint16(i%3)), "i", i)
				if i%100 == 0 {
					assert.NoError(t, h.Flush(context.Background()))
				}
			}
		})
	}
	wg.Wait()
	flush(t, h)
	s := checkSum(t, h)
	assert.GreaterOrEqual(t, s.Sent, uint64(4000))
}
