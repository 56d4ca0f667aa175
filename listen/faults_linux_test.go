package listen

import (
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/internal/testenv"
)

// TestIPv6DisabledWhileServing checks that IPv4 is still served, without an error from Accept, and IPv6
// again as soon as it is back, by the same sockets.
func TestIPv6DisabledWhileServing(t *testing.T) {
	if !testenv.InNetNS(t) {
		return
	}
	turn := func(off string) {
		require.NoError(t, os.WriteFile("/proc/sys/net/ipv6/conf/all/disable_ipv6", []byte(off), 0))
	}
	for _, address := range []string{":0", "localhost:0"} {
		t.Run(address, func(t *testing.T) {
			turn("0")
			l := listenOn(t, address)
			require.Len(t, l.Addrs(), 2)
			accepted := make(chan error)
			go func() {
				for {
					c, err := l.Accept()
					if err != nil {
						accepted <- err
						return
					}
					go func() { io.Copy(c, c); c.Close() }()
				}
			}()
			port := l.Addr().(*net.TCPAddr).AddrPort().Port()
			echo := func(host string) error {
				c, err := net.DialTCP("tcp", nil, &net.TCPAddr{IP: net.ParseIP(host), Port: int(port)})
				if err != nil {
					return err
				}
				defer c.Close()
				c.SetDeadline(time.Now().Add(time.Minute))
				if _, err := c.Write([]byte("x")); err != nil {
					return err
				}
				_, err = io.ReadFull(c, make([]byte, 1))
				return err
			}
			require.NoError(t, echo("::1"))
			require.NoError(t, echo("127.0.0.1"))

			turn("1")
			assert.Error(t, echo("::1"))
			for range 3 * hotAfter {
				require.NoError(t, echo("127.0.0.1"))
			}
			more := listenOn(t, "localhost:0")
			require.Len(t, more.Addrs(), 1)
			require.Len(t, more.Skipped(), 1)
			assert.ErrorIs(t, more.Skipped()[0].Err, syscall.EADDRNOTAVAIL)
			_, err := Config{Require: IPv4 | IPv6}.Listen(t.Context(), "localhost:0")
			assert.ErrorIs(t, err, ErrNoFamily)
			assert.ErrorContains(t, err, "try: sudo sysctl -w net.ipv6.conf.all.disable_ipv6=0")

			turn("0")
			require.NoError(t, echo("::1"), "by the same socket")
			require.NoError(t, echo("127.0.0.1"))
			turn("1")
			require.NoError(t, l.Close())
			select {
			case err := <-accepted:
				assert.ErrorIs(t, err, net.ErrClosed)
			case <-time.After(time.Minute):
				assert.Fail(t, "Accept hangs")
			}
		})
	}
}

// TestDeadlineIgnoresWallClock checks that a deadline ends Accept after the duration that
// remained when it was set, even if the wall clock changes.
func TestDeadlineIgnoresWallClock(t *testing.T) {
	if !testenv.InOwnProcess(t) {
		return
	}
	for _, d := range []time.Duration{365 * 24 * time.Hour, -2 * 365 * 24 * time.Hour} {
		l := listenOn(t, "127.0.0.1:0")
		require.NoError(t, l.SetDeadline(time.Now().Round(0).Add(time.Hour))) // without a monotonic reading
		testenv.JumpClock(t, d)
		client, server := dial(t, l, "127.0.0.1")
		client.Close()
		server.Close()

		const wait = 100 * time.Millisecond
		begin := time.Now()
		require.NoError(t, l.SetDeadline(begin.Add(wait)))
		testenv.JumpClock(t, -d/2)
		_, err := l.Accept()
		require.ErrorIs(t, err, os.ErrDeadlineExceeded)
		assert.GreaterOrEqual(t, time.Since(begin), wait)
	}
}

// TestPermissionLost checks that a process that drops its privileges continues to serve its port,
// and that the error on reopening says what it needs.
func TestPermissionLost(t *testing.T) {
	testenv.NeedRoot(t)
	if !testenv.InNetNS(t) {
		return
	}
	l := listenOn(t, "127.0.0.1:80")
	const nobody = 65534
	require.NoError(t, syscall.Setuid(nobody))
	dial(t, l, "127.0.0.1")
	require.NoError(t, l.Close())
	_, err := Dual("127.0.0.1:80")
	require.ErrorIs(t, err, ErrDenied)
	assert.True(t, strings.Contains(err.Error(), "; try: sudo sysctl -w net.ipv4.ip_unprivileged_port_start=80"), err)
}
