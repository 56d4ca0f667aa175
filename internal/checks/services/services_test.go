package e2e

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestChain(t *testing.T) {
	t.Parallel()
	s := serveAll(t)
	user, order := shop(t, s.gateway.URL)
	all := must[struct {
		User   object
		Orders []object
	}](t, 200, "GET", s.gateway.URL+"/api/users/"+user+"/orders", "chain-1", nil)
	assert.Equal(t, user, all.User["id"])
	require.Len(t, all.Orders, 1)
	assert.Equal(t, order, all.Orders[0]["id"])
	assert.Equal(t, "茶", all.Orders[0]["item"])

	// An order goes through all three, under one ID.
	body := must[object](t, 422, "POST", s.gateway.URL+"/api/orders", "chain-2", object{"user_id": "nobody", "item": "tea", "quantity": 1})
	problem(t, body, "chain-2")
	for _, p := range []*process{s.gateway, s.orders, s.users} {
		awaitState(t, p, 200, "healthy", "serving")
		await(t, "the log has the request", func() error {
			if !strings.Contains(p.out.String(), "request_id=chain-2") {
				return fmt.Errorf("%s", p.out)
			}
			return nil
		})
	}
	s.stop(t)
	line := regexp.MustCompile(`^time=\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}(Z|[+-]\d\d:\d\d) level=[A-Z]+ msg=.* service=[a-z]+-(service|gateway)`)
	for _, p := range []*process{s.gateway, s.orders, s.users} {
		for l := range strings.Lines(p.out.String()) {
			assert.Regexp(t, line, l, "one format for every line")
		}
		assert.Contains(t, p.out.String(), "request_id=chain-1")
	}
}

// Requests that need a service that was killed are refused, with their ID. All others are answered,
// and once the service is back, all are.
func TestKilledServiceRestarts(t *testing.T) {
	t.Parallel()
	dir := "DATA_DIR=" + t.TempDir()
	s := serveAll(t, dir)
	user, _ := shop(t, s.gateway.URL)
	require.NoError(t, s.users.KillTree())
	s.users.Wait()

	body := must[object](t, 503, "GET", s.gateway.URL+"/api/users/"+user, "killed-1", nil)
	problem(t, body, "killed-1")
	body = must[object](t, 503, "GET", s.gateway.URL+"/api/users/"+user+"/orders", "killed-2", nil)
	problem(t, body, "killed-2")
	body = must[object](t, 503, "POST", s.gateway.URL+"/api/orders", "killed-3", object{"user_id": "other", "item": "tea", "quantity": 1})
	problem(t, body, "killed-3")
	must[object](t, 201, "POST", s.gateway.URL+"/api/orders", "", object{"user_id": user, "item": "tea", "quantity": 1})
	assert.Len(t, must[[]object](t, 200, "GET", s.gateway.URL+"/api/orders?user="+user, "", nil), 2)
	awaitState(t, s.gateway, 200, "degraded", "user-service")
	awaitState(t, s.orders, 200, "degraded", "user-service")

	s.users = serve(t, "user-service", s.users.listen(), dir)
	must[object](t, 200, "GET", s.gateway.URL+"/api/users/"+user+"/orders", "", nil)
	awaitState(t, s.gateway, 200, "healthy", "")
	awaitState(t, s.orders, 200, "healthy", "")
	s.stop(t)
}

// A request in progress when the service is asked to end is answered.
func TestStopDrains(t *testing.T) {
	t.Parallel()
	p := serve(t, "user-service")
	const body = `{"name": "late", "email": "late@example.com"}`
	conn, err := net.Dial("tcp", strings.TrimPrefix(p.URL, "http://"))
	require.NoError(t, err)
	defer conn.Close()
	fmt.Fprintf(conn, "POST /users HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s", len(body), body[:10])
	await(t, "the request is under way", func() error {
		res, err := client.Get(p.URL + "/metrics")
		if err != nil {
			return err
		}
		defer res.Body.Close()
		if metrics, err := io.ReadAll(res.Body); err != nil || !strings.Contains(string(metrics), "http_requests_in_flight 1\n") {
			return fmt.Errorf("%v: %s", err, metrics)
		}
		return nil
	})
	stopped := make(chan error, 1)
	go func() { stopped <- p.Stop(t.Context()) }()
	await(t, "it takes no more connections", func() error {
		c, err := net.Dial("tcp", strings.TrimPrefix(p.URL, "http://"))
		if err != nil {
			return nil
		}
		return fmt.Errorf("%v is open", c.Close())
	})
	io.WriteString(conn, body[10:])
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	require.NoError(t, err)
	res.Body.Close()
	assert.Equal(t, 201, res.StatusCode)
	require.NoError(t, <-stopped)
	assert.NoError(t, p.Wait())
}

// "localhost" reaches a service that is on one family only, whichever that is.
func TestOneFamilyEach(t *testing.T) {
	t.Parallel()
	if l, err := net.Listen("tcp6", "[::1]:0"); err != nil {
		t.Skipf("this machine has no IPv6 loopback address: %v", err)
	} else {
		l.Close()
	}
	local := func(p *process) string { return "http://localhost" + p.URL[strings.LastIndex(p.URL, ":"):] }
	users := serve(t, "user-service", "LISTEN=[::1]:0")
	orders := serve(t, "order-service", "LISTEN=127.0.0.1:0", "USER_SERVICE_URL="+local(users))
	gateway := serve(t, "api-gateway", "USER_SERVICE_URL="+local(users), "ORDER_SERVICE_URL="+local(orders))
	_, port, err := net.SplitHostPort(strings.TrimPrefix(gateway.URL, "http://"))
	require.NoError(t, err)
	for _, ip := range []string{"127.0.0.1", "::1"} { // the gateway is on both
		shop(t, "http://"+net.JoinHostPort(ip, port))
	}
}

// A service that can't start reports why on standard error, and exits with a non-zero code.
func TestStartFails(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer taken.Close()
	for name, tt := range map[string]struct {
		setting string
		code    int
		want    string
	}{
		"no port":     {"LISTEN=localhost", 2, "LISTEN: want host:port"},
		"port taken":  {"LISTEN=" + taken.Addr().String(), 1, "port in use"},
		"no database": {"DATABASE_URL=postgres://127.0.0.1:1/x", 1, "database: "},
		"wrong cache": {"REDIS_URL=localhost", 1, "REDIS_URL: want redis://"},
	} {
		t.Run(name, func(t *testing.T) {
			p := run(t, command(t, "order-service", tt.setting))
			var exit interface{ ExitCode() int }
			require.ErrorAs(t, p.Wait(), &exit, p.out)
			assert.Equal(t, tt.code, exit.ExitCode(), p.out)
			assert.Contains(t, p.out.String(), tt.want)
			assert.Equal(t, 1, strings.Count(p.out.String(), "order-service: "), p.out)
		})
	}
}
