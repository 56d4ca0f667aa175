package main

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/surefoot-go/surefoot/examples/dev/page"
)

// example is what dev says when one service has crashed and another's newest source does not
// compile. Nothing here depends on the machine or on the day. It takes no orders.
type example struct{}

func (example) Status() page.Status {
	now := time.Date(2026, 3, 14, 15, 9, 26, 0, time.UTC)
	ago := func(d time.Duration) time.Time { return now.Add(-d) }

	users, orders, gateway := newLog("user-service"), newLog("order-service"), newLog("api-gateway")
	for i, id := range []string{"QX7M2KD4", "N5ZT3WRA", "J6PVCE2L", "WB4S8HUF"} {
		at := ago(time.Duration(20-4*i) * time.Second)
		took := time.Duration(1130+170*i) * time.Microsecond
		users.add(at, slog.LevelInfo, "request", "method", "GET", "path", "/users/"+id, "status", 200, "took", took)
		orders.add(at, slog.LevelInfo, "request", "method", "GET", "path", "/orders", "status", 200, "took", 2*took)
		gateway.add(at, slog.LevelInfo, "request", "method", "GET", "path", "/api/users/"+id+"/orders", "status", 200, "took", 4*took)
	}
	orders.add(ago(5*time.Second), slog.LevelWarn, "going on without the cache", "err", "dial tcp [::1]:6379: connection refused")
	crash := []string{"fatal error: concurrent map writes", "", "goroutine 41 [running]:",
		"main.(*quota).count(...)", "\tapi-gateway/quota.go:61 +0x1d"}
	gateway.lines = append(gateway.lines, crash...)

	return page.Status{Time: now, Services: []page.Service{{
		Name: "user-service", URL: "http://localhost:8081", State: page.Healthy,
		PID: 24816, Since: ago(23*time.Minute + 41*time.Second), Reloads: 4,
		Build:  page.Build{OK: true, At: ago(24 * time.Minute), Took: 912 * time.Millisecond},
		Memory: memory(21, 0, 1), Requests: wave(9, 1), Log: users.lines,
	}, {
		Name: "order-service", URL: "http://localhost:8082", State: page.Healthy, Reason: "of before the build that failed",
		PID: 24901, Since: ago(8*time.Minute + 2*time.Second), Reloads: 7,
		Build: page.Build{At: ago(6 * time.Second), Took: 640 * time.Millisecond, Output: strings.Join([]string{
			"# devloop/internal/orders",
			"internal/orders/orders.go:48:17: undefined: quantiy",
			"internal/orders/orders.go:52:9: cannot use total (variable of type float64) as int value in return statement",
		}, "\n")},
		Memory: memory(29, 0, 2), Requests: wave(14, 2), Log: orders.lines,
	}, {
		Name: "api-gateway", URL: "http://localhost:8000", State: page.Crashed, Reason: "exit code 2; next try at 15:09:28",
		Restarts: 1, Reloads: 2,
		Build:  page.Build{OK: true, At: ago(5 * time.Minute), Took: 1240 * time.Millisecond},
		Memory: memory(24, 400<<10, 3), Requests: wave(22, 3), LastWords: crash, Log: gateway.lines,
	}}}
}

// serviceLog has the lines that a service's logger would have written.
type serviceLog struct {
	service string
	lines   []string
}

func newLog(service string) *serviceLog { return &serviceLog{service: service} }

func (l *serviceLog) add(at time.Time, level slog.Level, msg string, args ...any) {
	var line strings.Builder
	record := slog.NewRecord(at, level, msg, 0)
	record.Add(append([]any{"service", l.service}, args...)...)
	slog.NewTextHandler(&line, nil).Handle(context.Background(), record)
	l.lines = append(l.lines, strings.TrimSuffix(line.String(), "\n"))
}

func (example) Start(string) error  { return errors.ErrUnsupported }
func (example) Stop(string) error   { return errors.ErrUnsupported }
func (example) Reload(string) error { return errors.ErrUnsupported }

// wave is two minutes of requests, which come in bursts.
func wave(most int, seed uint64) []int {
	random := rand.New(rand.NewPCG(seed, seed))
	values := make([]int, page.MaxTrend)
	load := 0.0
	for i := range values {
		load = 0.8*load + 0.6*(random.Float64()-0.3)*float64(most)
		values[i] = max(0, int(math.Round(load)))
	}
	return values
}

// memory is two minutes of a process that holds so many MiB, more by growth each second, and whose
// garbage is collected now and then.
func memory(mib int64, growth int64, seed uint64) []int64 {
	random := rand.New(rand.NewPCG(seed, seed))
	values := make([]int64, page.MaxTrend)
	garbage := int64(0)
	for i := range values {
		if garbage += random.Int64N(160 << 10); garbage > 4<<20 {
			garbage = 0
		}
		values[i] = mib<<20 + int64(i)*growth + garbage
	}
	return values
}
