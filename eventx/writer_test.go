package eventx

import (
	"errors"
	"log/slog"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/surefoot-go/surefoot/eventx/internal/queue"
	"github.com/surefoot-go/surefoot/internal/testenv"
)

// TestBackoff checks that a full log is retried only after a delay.
func TestBackoff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		full := true
		log := &fakeLog{}
		log.onWrite = func(int) (bool, error) {
			if full {
				return false, queue.Lost(syscall.Errno(1502))
			}
			return true, nil
		}
		log.use(t)
		out := &testenv.Buffer{}
		h := newHandler(t, &HandlerOptions{Fallback: out, Rate: Rate{PerSecond: -1}})
		l := slog.New(h)
		tries := func() int { flush(t, h); return log.writes }

		l.Error("a")
		assert.Equal(t, 1, tries())
		l.Error("b")
		assert.Equal(t, 1, tries(), "not tried again at once")
		for i, wait := range []time.Duration{1, 2, 4, 8, 16, 32, 60, 60} {
			time.Sleep(wait*time.Second - time.Millisecond)
			l.Error("too early")
			assert.Equal(t, 1+i, tries(), "after %d s", wait)
			time.Sleep(time.Millisecond)
			l.Error("due")
			assert.Equal(t, 2+i, tries(), "after %d s", wait)
		}
		assert.Equal(t, 1, strings.Count(out.String(), "the log can't be written"), "said once per outage")
		assert.Equal(t, 18, strings.Count(out.String(), "level=ERROR"))

		full = false
		time.Sleep(queue.MaxBackoff)
		l.Error("again")
		flush(t, h)
		assert.Equal(t, []string{"again"}, log.messages())
		s := checkSum(t, h)
		assert.Equal(t, Stats{Sent: 19, Written: 19, Truncated: 1, Errors: 9}, s)

		full = true
		l.Error("c")
		assert.Equal(t, 2, strings.Count(func() string { flush(t, h); return out.String() }(), "the log can't be written"))
	})
}

// TestBadEvent checks that an event that the log rejects goes to the fallback, and that the log
// stays open.
func TestBadEvent(t *testing.T) {
	log := &fakeLog{onWrite: func(n int) (bool, error) {
		if n == 1 {
			return false, errors.New("refused")
		}
		return false, nil
	}}
	log.use(t)
	out := &testenv.Buffer{}
	h := newHandler(t, &HandlerOptions{Fallback: out})
	slog.New(h).Error("bad")
	slog.New(h).Error("good")
	flush(t, h)
	assert.Equal(t, []string{"good"}, log.messages())
	assert.Regexp(t, `^time=\S+ level=WARN msg="eventx: the log refused an event, which follows here" event_source=surefoot-test err=refused
time=\S+ level=ERROR msg=bad `, out.String())
	assert.Equal(t, 1, log.opened)
	assert.Equal(t, Stats{Sent: 2, Written: 2, Errors: 1}, checkSum(t, h))
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errors.New("stderr is closed") }

func TestNoLogAndNoFallback(t *testing.T) {
	failing(t, errors.New("no log"))
	h := newHandler(t, &HandlerOptions{Fallback: brokenWriter{}})
	slog.New(h).Error("lost")
	flush(t, h)
	s := checkSum(t, h)
	s.Errors = 0 // at least three: the log, the event's line, the report's
	assert.Equal(t, Stats{Sent: 1, Dropped: 1}, s)
}

// TestLossesAreReportedLater checks that losses during a full log are reported in the log as soon as it
// can be written again, since a Windows service has no standard error.
func TestLossesAreReportedLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var full atomic.Bool
		full.Store(true)
		log := &fakeLog{onWrite: func(int) (bool, error) {
			if full.Load() {
				return false, queue.Lost(syscall.Errno(1502))
			}
			return false, nil
		}}
		log.use(t)
		h := newHandler(t, &HandlerOptions{Level: slog.LevelInfo, Fallback: brokenWriter{}, Rate: Rate{PerSecond: 1, Burst: 1}})
		l := slog.New(h)
		l.Error("lost", ID(2000))
		l.Error("suppressed", ID(2000))
		flush(t, h)
		l.Info("lost too", ID(2001))
		time.Sleep(time.Hour)
		flush(t, h)
		assert.Equal(t, Stats{Sent: 3, Dropped: 2, Suppressed: 1, Errors: h.Stats().Errors}, checkSum(t, h))
		assert.Empty(t, log.messages())

		full.Store(false)
		time.Sleep(queue.MaxBackoff + queue.ReportEvery)
		synctest.Wait()
		assert.Equal(t, []string{"2 events were lost: the log did not keep up or could not be written",
			"1 events were not written: more than the rate allows for their IDs"}, log.messages())
		assert.Regexp(t, "^errors=1,warnings=0,informations=1,since=", log.all()[0].Attrs)
		assert.Regexp(t, "^counts=2000:1,since=", log.all()[1].Attrs)
		flush(t, h)
		assert.Equal(t, Stats{Sent: 5, Written: 2, Dropped: 2, Suppressed: 1, Errors: h.Stats().Errors}, checkSum(t, h))
	})
}

// TestHungLogIsReported checks that losses are reported even if the log never responds.
func TestHungLogIsReported(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, release := hung(t)
		out := &testenv.Buffer{}
		h := newHandler(t, &HandlerOptions{Queue: 1, Fallback: out})
		l := slog.New(h)
		fill(l, slog.LevelWarn, 5)
		time.Sleep(queue.ReportOverdue - time.Millisecond)
		assert.Empty(t, out.String())
		time.Sleep(time.Millisecond)
		synctest.Wait()
		assert.Regexp(t, `^time=\S+ level=ERROR msg="eventx: the log hangs, events are being lost" event_source=surefoot-test\n$`, out.String())
		l.Warn("and another")
		time.Sleep(time.Hour)
		assert.Equal(t, 1, strings.Count(out.String(), "\n"), "said once")
		release()
		flush(t, h)
		assert.Equal(t, []string{"hangs", "0", "5 events were lost: the log did not keep up or could not be written"}, log.messages())
		checkSum(t, h)
	})
}

// TestHungFallback checks that no caller waits for a fallback that hangs, not even the one that
// would report it.
func TestHungFallback(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		failing(t, errors.New("no log"))
		gate := make(chan struct{})
		h := newHandler(t, &HandlerOptions{Queue: 1, Fallback: writerFunc(func(p []byte) (int, error) { <-gate; return len(p), nil })})
		fill(slog.New(h), slog.LevelWarn, 5)
		time.Sleep(2 * queue.ReportOverdue)
		synctest.Wait()
		close(gate)
		flush(t, h)
		assert.Equal(t, uint64(4), checkSum(t, h).Dropped)
	})
}

// writerFunc is an io.Writer.
type writerFunc func(p []byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }
