package eventx

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/eventx/internal/eventlog"
	"github.com/surefoot-go/surefoot/eventx/internal/eventtest"
	"github.com/surefoot-go/surefoot/eventx/internal/queue"
)

func TestHealth(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := new(fakeLog).use(t)
		h := newHandler(t, &HandlerOptions{AddSource: true}) // Warn and up: changes are written all the same
		ctx := context.Background()
		health := NewHealth(slog.New(h), "orders")
		assert.True(t, health.Set(ctx, Starting, ""))
		time.Sleep(1500 * time.Millisecond)
		assert.True(t, health.Set(ctx, Healthy, "all checks pass"))
		assert.False(t, health.Set(ctx, Healthy, "still"), "not a change")
		time.Sleep(time.Hour)
		assert.True(t, health.Set(ctx, Degraded, "cache unreachable"))
		assert.True(t, health.Set(ctx, Unhealthy, "database unreachable"))
		assert.True(t, health.Set(ctx, Stopping, "asked to"))
		assert.True(t, health.Set(ctx, Stopped, ""))
		assert.True(t, health.Set(ctx, Crashed, "by itself"))
		assert.False(t, health.Set(ctx, Crashed+1, "no such state"))
		flush(t, h)
		type line struct {
			level   slog.Level
			id      uint16
			message string
			attrs   string
		}
		var got []line
		for _, e := range log.all() {
			got = append(got, line{e.Level, e.ID, e.Message, e.Attrs})
			require.NotNil(t, e.Source)
			assert.Contains(t, e.Source.File, "health_test.go", "the source is Set's caller")
		}
		assert.Equal(t, []line{
			{slog.LevelInfo, 100, "orders: starting", "service=orders,old=none,new=starting,reason=,after=0s"},
			{slog.LevelInfo, 101, "orders: starting -> healthy", "service=orders,old=starting,new=healthy,reason=all checks pass,after=1.5s"},
			{slog.LevelWarn, 102, "orders: healthy -> degraded", "service=orders,old=healthy,new=degraded,reason=cache unreachable,after=1h0m0s"},
			{slog.LevelError, 103, "orders: degraded -> unhealthy", "service=orders,old=degraded,new=unhealthy,reason=database unreachable,after=0s"},
			{slog.LevelInfo, 104, "orders: unhealthy -> stopping", "service=orders,old=unhealthy,new=stopping,reason=asked to,after=0s"},
			{slog.LevelInfo, 105, "orders: stopping -> stopped", "service=orders,old=stopping,new=stopped,reason=,after=0s"},
			{slog.LevelError, 106, "orders: stopped -> crashed", "service=orders,old=stopped,new=crashed,reason=by itself,after=0s"},
		}, got)
	})
}

// TestHealthWithMultiHandler checks that each handler in a slog.MultiHandler keeps its own rules.
func TestHealthWithMultiHandler(t *testing.T) {
	log := new(fakeLog).use(t)
	h := newHandler(t, nil)
	var out strings.Builder
	l := slog.New(slog.NewMultiHandler(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelError}), h)).With("host", "a")
	NewHealth(l, "orders").Set(context.Background(), Healthy, "")
	flush(t, h)
	assert.Equal(t, []string{"orders: healthy"}, log.messages())
	assert.Contains(t, log.all()[0].Attrs, "host=a")
	assert.Empty(t, out.String())
}

func TestFlapping(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := new(fakeLog).use(t)
		h := newHandler(t, nil)
		ctx := context.Background()
		health := NewHealth(slog.New(h), "orders")
		require.True(t, health.Set(ctx, Healthy, ""))
		logged := 0
		for i := range 20 {
			time.Sleep(5 * time.Second)
			if health.Set(ctx, []HealthState{Degraded, Healthy}[i%2], "cache") {
				logged++
			}
		}
		assert.Equal(t, flapLimit, logged)
		time.Sleep(flapQuiet + time.Second)
		synctest.Wait()
		flush(t, h)
		events := log.all()
		require.Len(t, events, 1+flapLimit+2)
		assert.Equal(t, IDFlapping, events[6].ID)
		assert.Equal(t, "orders: its health is flapping", events[6].Message)
		assert.Equal(t, "service=orders,old=degraded,new=healthy,reason=cache,changes=6,within=1m0s", events[6].Attrs)
		assert.Equal(t, IDHealthy, events[7].ID)
		assert.Equal(t, "orders: settled: healthy", events[7].Message)
		assert.Equal(t, "service=orders,new=healthy,reason=cache,folded=15,flapping=2m10s", events[7].Attrs)

		time.Sleep(time.Second)
		assert.True(t, health.Set(ctx, Degraded, "cache"), "it can be logged again")
	})
}

// TestFlappingEnds checks that stopping ends the flapping.
func TestFlappingEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := new(fakeLog).use(t)
		h := newHandler(t, nil)
		ctx := context.Background()
		health := NewHealth(slog.New(h), "orders")
		for i := range 11 {
			health.Set(ctx, []HealthState{Healthy, Unhealthy}[i%2], "")
		}
		assert.True(t, health.Set(ctx, Stopping, "asked to"))
		time.Sleep(2 * flapQuiet)
		synctest.Wait()
		flush(t, h)
		events := log.all()
		require.Len(t, events, 1+flapLimit+2)
		assert.Equal(t, IDStopping, events[7].ID)
		assert.Contains(t, events[7].Attrs, "folded=5,")
	})
}

// TestSlowChanges checks that few or slow changes are not flapping.
func TestSlowChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		new(fakeLog).use(t)
		health := NewHealth(slog.New(newHandler(t, nil)), "orders")
		for i := range 50 {
			assert.True(t, health.Set(context.Background(), []HealthState{Healthy, Degraded}[i%2], ""))
			time.Sleep(13 * time.Second)
		}
	})
}

func TestOnCrash(t *testing.T) {
	log := new(fakeLog).use(t)
	h := newHandler(t, nil)
	health := NewHealth(slog.New(h), "orders")
	var onCrash func(context.Context, []byte) = health.OnCrash
	onCrash(context.Background(), nil)
	onCrash(context.Background(), []byte("panic: boom\n\ngoroutine 1 [running]:\nmain.main()\n"))
	onCrash(context.Background(), []byte(strings.Repeat("ü\n", 1<<20)))
	flush(t, h)
	events := log.all()
	require.Len(t, events, 2)
	assert.Equal(t, IDCrashed, events[0].ID)
	assert.Equal(t, slog.LevelError, events[0].Level)
	assert.Equal(t, "orders: the previous run crashed: panic: boom", events[0].Message)
	assert.Equal(t, "service=orders,new=crashed,report=panic: boom\n\ngoroutine 1 [running]:\nmain.main()", events[0].Attrs)
	assert.Less(t, len(events[1].Attrs), eventlog.TextBudget/2)
	assert.Regexp(t, `(?s)report=ü\n.*\n…\[\+\d{7}\]$`, events[1].Attrs)

	// Whole, it fits into an event.
	r := &eventtest.Reports{}
	cut, err := (&eventlog.Log{Report: r.Report}).Write(queue.Note(slog.LevelError, events[1].Message, slog.String("report", strings.Repeat("\n", reportBudget))))
	require.NoError(t, err)
	assert.True(t, cut, "only a report of empty lines, each four units long, is cut once more")
}

func TestHealthStates(t *testing.T) {
	for s, name := range []string{"starting", "healthy", "degraded", "unhealthy", "stopping", "stopped", "crashed"} {
		assert.Equal(t, name, HealthState(s).String())
		assert.Equal(t, uint16(100+s), HealthState(s).EventID())
	}
	assert.Equal(t, "HealthState(7)", HealthState(7).String())
	assert.Equal(t, []uint16{107, 108, 109}, []uint16{IDFlapping, IDSuppressed, IDDropped})
}

func TestHealthWithoutLogger(t *testing.T) {
	var out strings.Builder
	saved := slog.Default()
	t.Cleanup(func() { slog.SetDefault(saved) })
	slog.SetDefault(slog.New(slog.NewTextHandler(&out, nil)))
	assert.True(t, NewHealth(nil, "orders").Set(t.Context(), Unhealthy, "no database"))
	assert.Contains(t, out.String(), "no database")
}

// wrapping is a middleware that passes another context to the next handler, and calls Enabled
// again.
type wrapping struct {
	slog.Handler
	onHandle func()
}

type wrappedContext struct{ context.Context }

func (w wrapping) Enabled(ctx context.Context, l slog.Level) bool {
	return w.Handler.Enabled(wrappedContext{ctx}, l)
}

func (w wrapping) Handle(ctx context.Context, r slog.Record) error {
	if w.onHandle != nil {
		w.onHandle()
	}
	ctx = context.WithValue(ctx, wrappedContext{}, "trace")
	if !w.Handler.Enabled(ctx, r.Level) || !w.Handler.Enabled(context.Background(), r.Level) {
		return nil
	}
	return w.Handler.Handle(wrappedContext{ctx}, r)
}

// TestOtherEventsDuringChange checks that while a change is logged, other events below the level are
// still not written.
func TestOtherEventsDuringChange(t *testing.T) {
	log := new(fakeLog).use(t)
	h := newHandler(t, nil)
	health := NewHealth(slog.New(wrapping{Handler: h, onHandle: func() {
		slog.New(h).Info("routine")
		slog.New(h).Info("routine with an ID", ID(4000))
		slog.New(h).Warn("a warning")
	}}), "orders")
	health.Set(context.Background(), Healthy, "")
	flush(t, h)
	assert.Equal(t, []string{"a warning", "orders: healthy"}, log.messages())
}

// TestHealthThroughMiddleware checks that no change of state is lost because a middleware wraps the
// context.
func TestHealthThroughMiddleware(t *testing.T) {
	log := new(fakeLog).use(t)
	h := newHandler(t, nil)
	health := NewHealth(slog.New(wrapping{Handler: slog.NewMultiHandler(wrapping{Handler: h})}), "orders")
	for _, s := range []HealthState{Starting, Healthy, Degraded, Healthy} {
		assert.True(t, health.Set(context.Background(), s, ""))
	}
	flush(t, h)
	assert.Equal(t, []string{"orders: starting", "orders: starting -> healthy", "orders: healthy -> degraded", "orders: degraded -> healthy"}, log.messages())
	slog.New(h).Info("an event of that level is still not written")
	flush(t, h)
	assert.Len(t, log.all(), 4)
}

// TestSetInHandler checks that a handler that itself calls Set does not deadlock, and that the
// changes stay in order.
func TestSetInHandler(t *testing.T) {
	log := new(fakeLog).use(t)
	h := newHandler(t, nil)
	var health *Health
	calls := 0
	health = NewHealth(slog.New(wrapping{Handler: h, onHandle: func() {
		if calls++; calls == 1 {
			assert.True(t, health.Set(context.Background(), Degraded, "the log is slow"))
		}
	}}), "orders")
	assert.True(t, health.Set(context.Background(), Healthy, ""))
	flush(t, h)
	assert.Equal(t, []string{"orders: healthy", "orders: healthy -> degraded"}, log.messages())

	panics := NewHealth(slog.New(wrapping{Handler: h, onHandle: func() { panic("a handler") }}), "orders")
	assert.Panics(t, func() { panics.Set(context.Background(), Healthy, "") })
	assert.Panics(t, func() { panics.Set(context.Background(), Stopped, "") }, "it logs again")
}
