package main

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/surefoot-go/surefoot/examples/devloop/internal/dev/page"
)

// example is what dev would say after a save that does not compile: nothing here
// depends on the machine or on the day. It takes no orders.
type example struct{}

func (example) Status() page.Status {
	now := time.Date(2026, 3, 14, 15, 9, 26, 0, time.UTC)
	ago := func(d time.Duration) time.Time { return now.Add(-d) }
	line := func(d time.Duration, level, format string, args ...any) string {
		colours := map[string]string{"INF": "32", "WRN": "33", "ERR": "31"}
		return fmt.Sprintf("\x1b[90m%s\x1b[0m \x1b[%sm%s\x1b[0m %s", ago(d).Format("15:04:05Z"), colours[level], level, fmt.Sprintf(format, args...))
	}

	var users, orders, gateway []string
	for i, name := range []string{"李小龙", "Ada", "Grace", "王芳", "Ken", "陈静"} {
		d := time.Duration(50-7*i) * time.Second
		id := fmt.Sprintf("7f3c%02d", 41+i)
		users = append(users, line(d, "INF", "GET /users/%d 200 1.%d ms name=%s id=%s", i+1, i, name, id))
		orders = append(orders, line(d, "INF", "GET /orders?user=%d 200 2.%d ms id=%s", i+1, i, id))
		gateway = append(gateway, line(d, "INF", "GET /api/users/%d/orders 200 5.%d ms id=%s", i+1, i, id))
	}
	users = append([]string{line(59*time.Second, "INF", "serving 服务中 url=http://127.0.0.1:43215")}, users...)
	orders = append(orders, line(6*time.Second, "WRN", "build failed 编译失败, the running one stays"))
	gateway = append(gateway,
		line(3*time.Second, "ERR", "\x1b[1mpanic: assignment to entry in nil map\x1b[0m"),
		"goroutine 41 [running]:",
		"main.(*quota).count(...)",
		"\tapi-gateway/main.go:61 +0x1d",
		line(3*time.Second, "ERR", "exit status 2"))

	return page.Status{Time: now, Services: []page.Service{{
		Name: "user-service", URL: "http://localhost:8081", State: page.Healthy,
		PID: 24816, Since: ago(23*time.Minute + 41*time.Second), Reloads: 4,
		Build:      page.Build{OK: true, At: ago(24 * time.Minute), Took: 912 * time.Millisecond},
		Goroutines: wave(14, 5, 1), Log: users,
	}, {
		Name: "order-service", URL: "http://localhost:8082", State: page.Healthy,
		PID: 24901, Since: ago(8*time.Minute + 2*time.Second), Reloads: 7,
		Build: page.Build{At: ago(6 * time.Second), Took: 640 * time.Millisecond, Output: strings.Join([]string{
			"# devloop/internal/orders",
			"internal/orders/orders.go:48:17: undefined: quantiy",
			"internal/orders/orders.go:52:9: cannot use total (variable of type float64) as int value in return statement",
		}, "\n")},
		Goroutines: wave(18, 8, 2), Log: orders,
	}, {
		Name: "api-gateway", URL: "http://localhost:8000", State: page.Crashed, Reason: "exit status 2 after 4 min 10 s; next start in 2 s",
		Restarts: 1, Reloads: 2,
		Build:      page.Build{OK: true, At: ago(5 * time.Minute), Took: 1240 * time.Millisecond},
		Goroutines: climb(), Log: gateway,
	}}}
}

func (example) Start(string) error  { return errors.ErrUnsupported }
func (example) Stop(string) error   { return errors.ErrUnsupported }
func (example) Reload(string) error { return errors.ErrUnsupported }

// wave is two minutes of a number of goroutines that goes up and down with the load.
func wave(base, swing int, seed uint64) []int {
	random := rand.New(rand.NewPCG(seed, seed))
	values := make([]int, page.MaxGoroutines)
	load := 0.0
	for i := range values {
		load = 0.8*load + 0.6*(random.Float64()-0.3)*float64(swing)
		values[i] = base + max(0, int(math.Round(load)))
	}
	return values
}

// climb is a leak.
func climb() []int {
	values := wave(16, 3, 3)
	for i := range values {
		values[i] += max(0, i-40) / 2
	}
	return values
}
