package loop

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/surefoot-go/surefoot/examples/dev/page"
)

func TestUnshared(t *testing.T) {
	for v, want := range map[string]string{
		"DEBUG_ADDR=localhost:6060": "DEBUG_ADDR=localhost:0", "PPROF_ADDR=127.0.0.1:6060": "PPROF_ADDR=127.0.0.1:0",
		"METRICS_LISTEN_ADDRESS=[::1]:9090": "METRICS_LISTEN_ADDRESS=[::1]:0", "LISTEN=:8080": "LISTEN=:0", "ADDR=localhost:80": "ADDR=localhost:0",
		"SERVER_ADDR=0.0.0.0:80": "SERVER_ADDR=0.0.0.0:0", "API_ADDR=[::]:80": "API_ADDR=[::]:0", "debug_addr=localhost:1": "debug_addr=localhost:0",
		"DEBUG_PORT=6060": "DEBUG_PORT=0", "LISTEN=localhost:0": "LISTEN=localhost:0",
		"PORT=8080":                 "",
		"REDIS_ADDR=localhost:6379": "REDIS_ADDR=localhost:6379", "DEBUG_ADDR=example.com:80": "DEBUG_ADDR=example.com:80",
		"REDIS_PORT=6379": "REDIS_PORT=6379", "SERVER_ADDR=localhost:80": "SERVER_ADDR=localhost:80", "DEBUG=1": "DEBUG=1",
		"DEBUG_ADDR=off": "DEBUG_ADDR=off", "ADDR_FILE=/x": "ADDR_FILE=/x", "HTTP_PROXY=localhost:3128": "HTTP_PROXY=localhost:3128",
		"DATABASE_URL=:5432": "DATABASE_URL=:5432", "PATH=/bin:/usr/bin": "PATH=/bin:/usr/bin", "EMPTY=": "EMPTY=",
	} {
		got := ""
		for _, v := range unshared([]string{v}) {
			got += v
		}
		assert.Equal(t, want, got, v)
	}
	assert.Equal(t, []string{"ADDR=:1"}, sharedAddresses([]string{"A=1", "ADDR=:1", "ADDR=:0"}))
}

// TestDebugAddress: an address in dev's environment is one for all services, and one port takes one
// process.
func TestDebugAddress(t *testing.T) {
	t.Setenv("DEBUG_ADDR", freePort(t))
	dir := newModule(t)
	r := start(t, dir, nil)
	r.awaitState("alpha", page.Healthy)
	r.awaitState("beta", page.Healthy)
	saveVersion(t, dir, "alpha", "2", "ok")
	r.awaitVersion("alpha", "2")
	r.awaitPrinted("all services would listen there")
}
