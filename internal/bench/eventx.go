package bench

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os/exec"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"
	"unsafe"

	"github.com/rs/zerolog"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/surefoot-go/surefoot/eventx"
	"github.com/surefoot-go/surefoot/internal/bench/contest"
	"github.com/surefoot-go/surefoot/internal/msgtable"
)

// An event's way to a log that discards it is, for eventx, all of the way to the Windows Event Log
// but ReportEventW: formatting, the queue, its goroutine, and the conversion to UTF-16, which no
// peer has to do. All run on one processor, so that eventx's goroutine counts as well.

func eventxContests() []*contest.Contest {
	all := []*contest.Contest{{
		Name: "eventx/handler", // or zap's core: without the logger in front
		Open: func(env contest.Env) ([]contest.Side, error) {
			return eventxSides(env, handlerLoggers, 512, eventParts...)
		},
		Rows: rowsOf("eventx",
			contest.Row{Peer: "slog JSON", Asked: 1.9},
			contest.Row{Peer: "zap JSON", Asked: 1.15},
			contest.Row{What: "allocations", Metric: contest.Allocs}),
	}, {
		Name: "eventx/call of a logger",
		Open: func(env contest.Env) ([]contest.Side, error) {
			return eventxSides(env, callLoggers, 512, eventParts...)
		},
		Rows: rowsOf("eventx",
			contest.Row{Peer: "slog JSON"},
			contest.Row{Peer: "zap JSON"},
			contest.Row{Peer: "zerolog"},
			contest.Row{Peer: slogAlone}),
	}, {
		Name: "eventx/a level that is disabled",
		Open: func(env contest.Env) ([]contest.Side, error) {
			h, err := eventxHandler(env, nil)
			l := slog.New(h)
			return []contest.Side{{Name: "eventx", Do: contest.Each(func() error { l.Info("nobody reads this"); return nil })}}, err
		},
		Rows: rowsOf("eventx", contest.Row{Asked: 10}),
	}, {
		Name: "eventx/UTF-16 of a character of ASCII",
		Open: func(contest.Env) ([]contest.Side, error) {
			line := asciiText[:bytes.IndexByte(asciiText, '\n')]
			var units []uint16
			return []contest.Side{{Name: "eventx", Do: func(n int, _ contest.Timer) error {
				for left := n; left > 0; left -= len(line) {
					units, _ = msgtable.AppendInsert(units[:0], line, 1<<15)
				}
				if string(utf16.Decode(units)) != string(line) {
					return fmt.Errorf("%q", string(utf16.Decode(units)))
				}
				return nil
			}}}, nil
		},
		Rows: rowsOf("eventx", contest.Row{Asked: 2}),
	}, {
		Name: "eventx/enqueue and dequeue", Long: true,
		Own:  eventxEnqueue,
		Rows: rowsOf("eventx", contest.Row{Asked: 150}, contest.Row{What: "allocations", Metric: contest.Allocs}),
	}}
	for size := 16; size <= 64<<10; size *= 4 {
		all = append(all, &contest.Contest{
			Name: "eventx/length", Curve: "eventx-length", X: float64(size),
			Open: func(env contest.Env) ([]contest.Side, error) {
				message := strings.Repeat("x", size)
				loggers := func(h *eventx.Handler, out io.Writer) []logger { return longLoggers(h, out, message) }
				return eventxSides(env, loggers, max(8, min(512, 1<<20/size)), message[:min(size, 30_000)])
			},
		})
	}
	for rate := 1000; rate <= 1_000_000; rate *= 10 {
		all = append(all, &contest.Contest{
			Name: "eventx/rate", Curve: "eventx-rate", X: float64(rate),
			Open: func(env contest.Env) ([]contest.Side, error) { return atRate(env, rate) },
		})
	}
	return all
}

const slogAlone = "slog alone" // with a handler that does nothing

// The event, with five attributes.
const eventMessage = "payment service unreachable"

// eventParts are in it whatever the form.
var eventParts = []string{eventMessage, "host", "pay.example.com", "attempt", "3", "after", "1", "5", "retry", "true", "load", "0.75"}

func eventAttrs() [5]slog.Attr {
	return [...]slog.Attr{slog.String("host", "pay.example.com"), slog.Int("attempt", 3),
		slog.Duration("after", 1500*time.Millisecond), slog.Bool("retry", true), slog.Float64("load", 0.75)}
}

func eventFields() [5]zap.Field {
	return [...]zap.Field{zap.String("host", "pay.example.com"), zap.Int("attempt", 3),
		zap.Duration("after", 1500*time.Millisecond), zap.Bool("retry", true), zap.Float64("load", 0.75)}
}

func zapCore(out io.Writer) zapcore.Core {
	return zapcore.NewCore(zapcore.NewJSONEncoder(zap.NewProductionEncoderConfig()), zapcore.AddSync(out), zap.InfoLevel)
}

// A logger logs n events.
type logger struct {
	name string
	log  func(n int)
}

// A loggersFunc makes the loggers of a contest, eventx the first. The others write to out.
type loggersFunc func(h *eventx.Handler, out io.Writer) []logger

// eventxSides makes sides that discard their events, once each has shown that it logs all of an
// event.
func eventxSides(env contest.Env, loggers loggersFunc, batch int, all ...string) ([]contest.Side, error) {
	old := runtime.GOMAXPROCS(1)
	env.Cleanup(func() { runtime.GOMAXPROCS(old) })
	var shown bytes.Buffer
	h, err := eventxHandler(env, &shown)
	if err != nil {
		return nil, err
	}
	for _, l := range loggers(h, &shown) {
		shown.Reset()
		l.log(1)
		if err := h.Flush(env.Context()); err != nil {
			return nil, err
		}
		for _, part := range all {
			if l.name != slogAlone && !strings.Contains(shown.String(), part) {
				return nil, fmt.Errorf("%s leaves out %q: %s", l.name, part, shown.String())
			}
		}
	}
	if h, err = eventxHandler(env, nil); err != nil {
		return nil, err
	}
	var sides []contest.Side
	for i, l := range loggers(h, io.Discard) {
		side := contest.Side{Name: l.name, Do: func(n int, _ contest.Timer) error { l.log(n); return nil }}
		if i == 0 {
			// In batches of half of the queue: nothing is dropped, and no call waits for room.
			side.Do = func(n int, _ contest.Timer) error {
				for ; n > 0; n -= batch {
					l.log(min(n, batch))
					if err := h.Flush(context.Background()); err != nil {
						return err
					}
				}
				return allWritten(h)
			}
		}
		sides = append(sides, side)
	}
	return sides, nil
}

func discardEvents(uint16, uint16, uint32, []*uint16) error { return nil }

// The token bucket is the default one, of 200 tokens, but is refilled at once: otherwise the
// contest would be about events that are not written.
var rate = eventx.Rate{PerSecond: 1e12, Burst: 200}

// eventxHandler returns a handler for an Event Log that shows what it gets, or discards it if show
// is nil.
func eventxHandler(env contest.Env, show *bytes.Buffer) (*eventx.Handler, error) {
	o := &eventx.HandlerOptions{Rate: rate, Report: discardEvents}
	if show != nil {
		o.Report = func(_, _ uint16, _ uint32, inserts []*uint16) error {
			for _, insert := range inserts {
				for p := insert; *p != 0; p = (*uint16)(unsafe.Add(unsafe.Pointer(p), 2)) {
					show.WriteRune(rune(*p)) // the event is all in the plane of ASCII
				}
			}
			return nil
		}
	}
	h, err := eventx.NewHandler("surefoot-bench", o)
	if err != nil {
		return nil, err
	}
	env.Cleanup(func() { h.Close() })
	return h, nil
}

func allWritten(h *eventx.Handler) error {
	if s := h.Stats(); s.Written != s.Sent || s.Errors > 0 {
		return fmt.Errorf("not all was written: %+v", s)
	}
	return nil
}

func handlerLoggers(h *eventx.Handler, out io.Writer) []logger {
	handle := func(h slog.Handler) func(n int) {
		r := slog.NewRecord(time.Now(), slog.LevelError, eventMessage, 0)
		attrs := eventAttrs()
		r.AddAttrs(attrs[:]...)
		return func(n int) {
			r.Time = time.Now() // an event that is late says so, which takes longer
			for range n {
				_ = h.Handle(context.Background(), r)
			}
		}
	}
	core, fields := zapCore(out), eventFields()
	return []logger{
		{"eventx", handle(h)},
		{"slog JSON", handle(slog.NewJSONHandler(out, nil))},
		{"zap JSON", func(n int) {
			e := zapcore.Entry{Level: zap.ErrorLevel, Time: time.Now(), Message: eventMessage}
			for range n {
				_ = core.Write(e, fields[:])
			}
		}},
	}
}

func callLoggers(h *eventx.Handler, out io.Writer) []logger {
	call := func(h slog.Handler) func(n int) {
		l := slog.New(h)
		return func(n int) {
			for range n {
				attrs := eventAttrs()
				l.LogAttrs(context.Background(), slog.LevelError, eventMessage, attrs[:]...)
			}
		}
	}
	zl, zr := zap.New(zapCore(out)), zerolog.New(out).With().Timestamp().Logger()
	return []logger{
		{"eventx", call(h)},
		{"slog JSON", call(slog.NewJSONHandler(out, nil))},
		{slogAlone, call(noHandler{})},
		{"zap JSON", func(n int) {
			for range n {
				fields := eventFields()
				zl.Error(eventMessage, fields[:]...)
			}
		}},
		{"zerolog", func(n int) {
			for range n {
				zr.Error().Str("host", "pay.example.com").Int("attempt", 3).
					Dur("after", 1500*time.Millisecond).Bool("retry", true).Float64("load", 0.75).Msg(eventMessage)
			}
		}},
	}
}

// noHandler does nothing.
type noHandler struct{}

func (noHandler) Enabled(context.Context, slog.Level) bool  { return true }
func (noHandler) Handle(context.Context, slog.Record) error { return nil }
func (h noHandler) WithAttrs([]slog.Attr) slog.Handler      { return h }
func (h noHandler) WithGroup(string) slog.Handler           { return h }

// longLoggers log a message of a length, and no attributes. eventx cuts it to what an event of the
// Event Log holds, about 31,000 characters.
func longLoggers(h *eventx.Handler, out io.Writer, message string) []logger {
	handle := func(h slog.Handler) func(n int) {
		r := slog.NewRecord(time.Now(), slog.LevelError, message, 0)
		return func(n int) {
			r.Time = time.Now() // an event that is late says so, which takes longer
			for range n {
				_ = h.Handle(context.Background(), r)
			}
		}
	}
	core, zr := zapCore(out), zerolog.New(out).With().Timestamp().Logger()
	return []logger{
		{"eventx", handle(h)},
		{"slog JSON", handle(slog.NewJSONHandler(out, nil))},
		{"zap JSON", func(n int) {
			e := zapcore.Entry{Level: zap.ErrorLevel, Time: time.Now(), Message: message}
			for range n {
				_ = core.Write(e, nil)
			}
		}},
		{"zerolog", func(n int) {
			for range n {
				zr.Error().Msg(message)
			}
		}},
	}
}

// atRate has each logger called for a burst every millisecond, and measures how long the calls
// take: those of eventx wake its goroutine, and share the queue with it.
func atRate(env contest.Env, rate int) ([]contest.Side, error) {
	burst := rate / 1000
	h, err := eventxHandler(env, nil)
	if err != nil {
		return nil, err
	}
	var sides []contest.Side
	for _, l := range callLoggers(h, io.Discard) {
		side := contest.Side{Name: l.name, Once: 20 * burst, Do: func(n int, t contest.Timer) error {
			t.StopTimer()
			for ; n > 0; n -= burst {
				time.Sleep(time.Millisecond)
				t.StartTimer()
				l.log(min(n, burst))
				t.StopTimer()
				if err := h.Flush(context.Background()); err != nil {
					return err
				}
			}
			t.StartTimer()
			return allWritten(h)
		}}
		sides = append(sides, side)
	}
	return sides, nil
}

// eventxEnqueue asks the benchmark of eventx itself: the queue can't be reached from here. The
// token bucket is in it as well.
func eventxEnqueue(env contest.Env, o contest.Options) (contest.Samples, error) {
	cmd := exec.CommandContext(env.Context(), "go", "test", "-C", "../..", "-run=^$", "-bench=^BenchmarkEnqueueRated$",
		"-benchtime=20ms", "-count", strconv.Itoa(min(o.Rounds, 31)), "./eventx")
	out, err := cmd.CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("%w: %s", err, out)
	}
	samples := contest.Samples{}
	for _, line := range benchmarkLine.FindAllStringSubmatch(string(out), -1) {
		for i, metric := range []contest.Metric{contest.Time, contest.Allocs} {
			x, err := strconv.ParseFloat(line[i+1], 64)
			if err != nil {
				return nil, err
			}
			key := contest.Key{Side: "eventx", Metric: metric}
			samples[key] = append(samples[key], x)
		}
	}
	return samples, nil
}

var benchmarkLine = regexp.MustCompile(`(?m)^Benchmark\S+\s+\d+\s+(\S+) ns/op.*?(\d+) allocs/op`)
