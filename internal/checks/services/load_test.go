package e2e

import (
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	loadVar   = "DEVLOOP_LOAD" // how long TestLoad takes: "1m"
	perSecond = 200
)

// metric returns the sum of a metric of a service.
func metric(p *process, name string) (float64, error) {
	res, err := client.Get(p.URL + "/metrics")
	if err != nil {
		return 0, err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return 0, err
	}
	sum, found := 0.0, false
	for line := range strings.Lines(string(text)) {
		if key, value, ok := strings.Cut(strings.TrimSpace(line), " "); ok && (key == name || strings.HasPrefix(key, name+"{")) {
			v, err := strconv.ParseFloat(value, 64)
			if err != nil {
				return 0, err
			}
			sum, found = sum+v, true
		}
	}
	if !found {
		return 0, fmt.Errorf("there is no metric %s", name)
	}
	return sum, nil
}

// Requests come at a rate of their own, whether the earlier ones have been answered
// or not, as those of many clients do. None may fail, and no goroutine may stay.
func TestLoad(t *testing.T) {
	if len(buildFlags) > 0 {
		t.Skipf("services built with %v are too slow for this: run it without", buildFlags)
	}
	duration := 5 * time.Second
	if v := os.Getenv(loadVar); v != "" {
		var err error
		duration, err = time.ParseDuration(v)
		require.NoError(t, err, loadVar)
	}
	s := serveAll(t)
	var users []string
	for range 20 {
		user, _ := shop(t, s.gateway.URL)
		users = append(users, user)
	}
	api := s.gateway.URL + "/api"
	request := func(i int) (method, url string, in any) {
		user := users[rand.N(len(users))]
		switch i % 10 {
		case 0:
			return "POST", api + "/users", object{"name": "load", "email": fmt.Sprintf("load%d@example.com", i)}
		case 1, 2:
			return "POST", api + "/orders", object{"user_id": user, "item": "tea", "quantity": 1 + i%9}
		case 3, 4:
			return "GET", api + "/users/" + user + "/orders", nil
		case 5:
			return "GET", api + "/orders?user=" + user, nil
		default:
			return "GET", api + "/users/" + user, nil
		}
	}
	for i := range 10 { // each kind once, so that what is made once is there
		method, url, _ := request(i)
		send(method, url, "", nil, nil)
	}
	all := map[string]*process{"user-service": s.users, "order-service": s.orders, "api-gateway": s.gateway}
	before := map[string]float64{}
	for name, p := range all {
		awaitState(t, p, 200, "healthy", "serving")
		var err error
		before[name], err = metric(p, "go_goroutines")
		require.NoError(t, err)
	}

	var mu sync.Mutex
	var took []time.Duration
	failed := map[string]int{}
	var wg sync.WaitGroup
	n := int(duration.Seconds() * perSecond)
	tick := time.NewTicker(time.Second / perSecond)
	defer tick.Stop()
	begin := time.Now()
	for i := range n {
		// A tick that came too late is made up for: the rate is kept.
		if time.Since(begin) < time.Duration(i)*time.Second/perSecond {
			<-tick.C
		}
		wg.Go(func() {
			method, url, in := request(i)
			start := time.Now()
			status, err := send(method, url, "", in, nil)
			d := time.Since(start)
			mu.Lock()
			defer mu.Unlock()
			took = append(took, d)
			if err != nil || status/100 != 2 { // an order that the gateway has sent twice gets a 200
				failed[fmt.Sprintf("%s %d %v", method, status, err)]++
			}
		})
	}
	sent := time.Since(begin)
	wg.Wait()
	slices.Sort(took)
	t.Logf("%d requests in %.1f s, %.0f/s: p50 %v, p99 %v, longest %v", n, sent.Seconds(), float64(n)/sent.Seconds(),
		took[n/2].Round(10*time.Microsecond), took[n*99/100].Round(10*time.Microsecond), took[n-1].Round(10*time.Microsecond))
	assert.Empty(t, failed)

	client.CloseIdleConnections()
	for name, p := range all { // once the connections that a burst has opened are closed again
		await(t, "as many goroutines as before in "+name, func() error {
			now, err := metric(p, "go_goroutines")
			if err == nil && now > before[name] {
				err = fmt.Errorf("%v goroutines before, %v now", before[name], now)
			}
			return err
		})
		leaked, err := metric(p, "procx_watch_leaked_goroutines")
		require.NoError(t, err)
		assert.Zero(t, leaked, name)
		assert.Zero(t, strings.Count(p.out.String(), "level=ERROR"), name)
	}
	s.stop(t)
}
