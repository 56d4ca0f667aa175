package eventx

import (
	"context"
	"io"
	"log/slog"
	"runtime"
	"testing"
	"time"

	"github.com/surefoot-go/surefoot/eventx/internal/eventlog"
	"github.com/surefoot-go/surefoot/eventx/internal/queue"
)

// These benchmarks measure the steps of handling an event. internal/bench compares the whole with
// other libraries.

// sampleRecord is an event with five attributes.
func sampleRecord() slog.Record {
	r := slog.NewRecord(time.Now(), slog.LevelError, "payment service unreachable", 0)
	r.AddAttrs(slog.String("host", "pay.example.com"), slog.Int("attempt", 3),
		slog.Duration("after", 1500*time.Millisecond), slog.Bool("retry", true), slog.Float64("load", 0.75))
	return r
}

func discardReports(uint16, uint16, uint32, []*uint16) error { return nil }

// BenchmarkFormat measures the caller's work before the queue.
func BenchmarkFormat(b *testing.B) {
	h, r := &Handler{}, sampleRecord()
	b.ReportAllocs()
	for b.Loop() {
		e := queue.NewEntry()
		h.format(e, &r)
		e.Free()
	}
}

// BenchmarkEventLog measures formatting and the writer's work for the Windows Event Log, including
// UTF-16 but without ReportEventW.
func BenchmarkEventLog(b *testing.B) {
	h, r := &Handler{}, sampleRecord()
	l := &eventlog.Log{Report: discardReports}
	b.ReportAllocs()
	for b.Loop() {
		e := queue.NewEntry()
		e.Time, e.Level = r.Time, r.Level
		h.format(e, &r)
		if _, err := l.Write(e); err != nil {
			b.Fatal(err)
		}
		e.Free()
	}
}

func BenchmarkJSONHandler(b *testing.B) {
	h, r := slog.NewJSONHandler(io.Discard, nil), sampleRecord()
	ctx := context.Background()
	b.ReportAllocs()
	for b.Loop() {
		_ = h.Handle(ctx, r)
	}
}

// BenchmarkEnqueue measures adding to and removing from the queue.
func BenchmarkEnqueue(b *testing.B) {
	q := queue.New(16, 1<<20, queue.Rate{PerSecond: -1})
	e := queue.Note(slog.LevelError, "m")
	b.ReportAllocs()
	for b.Loop() {
		q.Push(e)
		e, _, _ = q.Pop()
	}
}

// BenchmarkEnqueueRated includes the token bucket.
func BenchmarkEnqueueRated(b *testing.B) {
	q := queue.New(16, 1<<20, queue.Rate{PerSecond: 1e12, Burst: 1e9})
	e := queue.Note(slog.LevelError, "m")
	b.ReportAllocs()
	for b.Loop() {
		q.Push(e)
		e, _, _ = q.Pop()
	}
}

// BenchmarkHandle measures everything on one processor, with a log that discards events.
func BenchmarkHandle(b *testing.B) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	h, err := NewHandler("surefoot-bench", &HandlerOptions{Report: discardReports, Rate: Rate{PerSecond: 1e12, Burst: 200}})
	if err != nil {
		b.Fatal(err)
	}
	ctx, r := context.Background(), sampleRecord()
	defer h.Close()
	n := 0
	b.ReportAllocs()
	for b.Loop() {
		_ = h.Handle(ctx, r)
		if n++; n%512 == 0 {
			r.Time = time.Now() // or it would be late
			_ = h.Flush(ctx)
		}
	}
}

func BenchmarkDisabled(b *testing.B) {
	h, err := NewHandler("surefoot-bench", nil)
	if err != nil {
		b.Fatal(err)
	}
	defer h.Close()
	l := slog.New(h)
	b.ReportAllocs()
	for b.Loop() {
		l.Info("nobody reads this")
	}
}
