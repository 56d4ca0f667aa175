package listen

import (
	"net"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestAcceptGoroutines counts the goroutines that a listener adds to the waiting call.
func TestAcceptGoroutines(t *testing.T) {
	before := runtime.NumGoroutine()
	l := listenOn(t, "localhost:0")
	assert.LessOrEqual(t, runtime.NumGoroutine(), before, "none before Accept")
	addrs := l.Addrs()
	for i := range 100 {
		c, err := net.Dial("tcp", addrs[i/5%len(addrs)].String())
		require.NoError(t, err)
		defer c.Close()
		server, err := l.Accept()
		require.NoError(t, err)
		defer server.Close()
	}
	assert.LessOrEqual(t, runtime.NumGoroutine(), before+len(addrs))
}

// TestAcceptAllocations compares the allocations of Accept with net.Listen's.
func TestAcceptAllocations(t *testing.T) {
	const conns = 30
	allocs := func(ln net.Listener) float64 {
		for range conns + 1 { // AllocsPerRun runs once more, to warm up
			c, err := net.Dial("tcp", ln.Addr().String())
			require.NoError(t, err)
			t.Cleanup(func() { c.Close() })
		}
		return testing.AllocsPerRun(conns, func() {
			c, err := ln.Accept()
			if err != nil {
				t.Fatal(err)
			}
			c.Close()
		})
	}
	one, err := net.Listen("tcp4", "127.0.0.1:0")
	require.NoError(t, err)
	defer one.Close()
	assert.LessOrEqual(t, allocs(listenOn(t, "localhost:0")), allocs(one))
}
