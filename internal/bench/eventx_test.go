package bench

import (
	"context"
	"io"
	"log/slog"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/surefoot-go/surefoot/eventx"
	"github.com/surefoot-go/surefoot/internal/eventsink"
)

// One event with five attributes on its way to a log that discards it, for
// eventx and its peers. For eventx that is all of the way to the Windows Event
// Log but ReportEventW: formatting, the queue, its goroutine, and the conversion
// to UTF-16, which no peer has to do.
//
// "handler" is the handler's, or zap's core's, share; "call" is the whole call
// of a logger, of which slog's own share, a call with nothing behind it, is
// "floor". All run on one processor, so that eventx's goroutine counts, too.

// eventxLogger logs n events.
type eventxLogger struct {
	name string
	log  func(n int)
}

func eventxLoggers(tb testing.TB) []eventxLogger {
	ctx := context.Background()
	attrs := []slog.Attr{slog.String("host", "pay.example.com"), slog.Int("attempt", 3),
		slog.Duration("after", 1500*time.Millisecond), slog.Bool("retry", true), slog.Float64("load", 0.75)}
	const message = "payment service unreachable"
	handler := func(h slog.Handler) func(n int) {
		r := slog.NewRecord(time.Now(), slog.LevelError, message, 0)
		r.AddAttrs(attrs...)
		return func(n int) {
			for range n {
				_ = h.Handle(ctx, r)
			}
		}
	}
	call := func(h slog.Handler) func(n int) {
		l := slog.New(h)
		return func(n int) {
			for range n {
				l.LogAttrs(ctx, slog.LevelError, message, slog.String("host", "pay.example.com"), slog.Int("attempt", 3),
					slog.Duration("after", 1500*time.Millisecond), slog.Bool("retry", true), slog.Float64("load", 0.75))
			}
		}
	}
	h := eventxHandler(tb)
	flushed := func(log func(n int)) func(n int) {
		return func(n int) { // half of the queue at once: nothing is dropped, and nobody waits for room
			for ; n > 0; n -= 512 {
				log(min(n, 512))
				if err := h.Flush(ctx); err != nil {
					tb.Fatal(err)
				}
			}
		}
	}
	core := zapcore.NewCore(zapcore.NewJSONEncoder(zap.NewProductionEncoderConfig()), zapcore.AddSync(io.Discard), zap.InfoLevel)
	fields := []zap.Field{zap.String("host", "pay.example.com"), zap.Int("attempt", 3),
		zap.Duration("after", 1500*time.Millisecond), zap.Bool("retry", true), zap.Float64("load", 0.75)}
	zl, zr := zap.New(core), zerolog.New(io.Discard).With().Timestamp().Logger()
	return []eventxLogger{
		{"handler/eventx", flushed(handler(h))},
		{"handler/slog-json", handler(slog.NewJSONHandler(io.Discard, nil))},
		{"handler/zap-json", func(n int) {
			e := zapcore.Entry{Level: zap.ErrorLevel, Time: time.Now(), Message: message}
			for range n {
				_ = core.Write(e, fields)
			}
		}},
		{"call/eventx", flushed(call(h))},
		{"call/floor", call(eventxFloor{})},
		{"call/slog-json", call(slog.NewJSONHandler(io.Discard, nil))},
		{"call/zap-json", func(n int) {
			for range n {
				zl.Error(message, zap.String("host", "pay.example.com"), zap.Int("attempt", 3),
					zap.Duration("after", 1500*time.Millisecond), zap.Bool("retry", true), zap.Float64("load", 0.75))
			}
		}},
		{"call/zerolog", func(n int) {
			for range n {
				zr.Error().Str("host", "pay.example.com").Int("attempt", 3).
					Dur("after", 1500*time.Millisecond).Bool("retry", true).Float64("load", 0.75).Msg(message)
			}
		}},
	}
}

// eventxFloor is a handler that does nothing.
type eventxFloor struct{}

func (eventxFloor) Enabled(context.Context, slog.Level) bool  { return true }
func (eventxFloor) Handle(context.Context, slog.Record) error { return nil }
func (f eventxFloor) WithAttrs([]slog.Attr) slog.Handler      { return f }
func (f eventxFloor) WithGroup(string) slog.Handler           { return f }

// eventxHandler returns a handler for an Event Log that discards.
func eventxHandler(tb testing.TB) *eventx.Handler {
	tb.Helper()
	eventsink.Report = func(uint16, uint16, uint32, []*uint16) error { return nil }
	h, err := eventx.NewHandler("surefoot-bench", &eventx.HandlerOptions{Rate: eventx.Rate{PerSecond: -1}})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		eventsink.Report = nil
		if err := h.Close(context.Background()); err != nil {
			tb.Error(err)
		}
		if s := h.Stats(); s.Written != s.Sent || s.Errors > 0 {
			tb.Errorf("not all was written: %+v", s)
		}
	})
	return h
}

func BenchmarkEventx(b *testing.B) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	for _, l := range eventxLoggers(b) {
		b.Run(l.name, func(b *testing.B) {
			b.ReportAllocs()
			l.log(512) // fill the pools
			b.ResetTimer()
			l.log(b.N)
		})
	}
}

// TestEventxRatios prints each time and eventx's share of it. They take turns in
// short rounds, and each one's fastest counts: on a busy machine those are the
// undisturbed ones. EVENTX_RATIOS=1 runs it; no time fails it.
func TestEventxRatios(t *testing.T) {
	if os.Getenv("EVENTX_RATIOS") == "" {
		t.Skip("set EVENTX_RATIOS=1 to measure")
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	loggers := eventxLoggers(t)
	const rounds, events = 400, 2048
	best := map[string]float64{}
	for range rounds {
		for _, l := range loggers {
			start := time.Now()
			l.log(events)
			took := float64(time.Since(start).Nanoseconds()) / events
			if best[l.name] == 0 || took < best[l.name] {
				best[l.name] = took
			}
		}
	}
	var own float64
	for _, l := range loggers {
		if l.name == "handler/eventx" || l.name == "call/eventx" {
			own = best[l.name]
		}
		t.Logf("%-18s %5.0f ns; eventx takes %.2f of it", l.name, best[l.name], own/best[l.name])
	}
}
