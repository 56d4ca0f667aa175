package listen

import (
	"fmt"
	"math"
	"net"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// sockoptsOf holds all options of a TCP connection that a listener may affect.
var sockoptsOf = map[string][2]int{
	"SO_KEEPALIVE":     {unix.SOL_SOCKET, unix.SO_KEEPALIVE},
	"SO_LINGER":        {unix.SOL_SOCKET, unix.SO_LINGER},
	"SO_OOBINLINE":     {unix.SOL_SOCKET, unix.SO_OOBINLINE},
	"SO_PRIORITY":      {unix.SOL_SOCKET, unix.SO_PRIORITY},
	"SO_PROTOCOL":      {unix.SOL_SOCKET, unix.SO_PROTOCOL},
	"SO_RCVBUF":        {unix.SOL_SOCKET, unix.SO_RCVBUF},
	"SO_RCVLOWAT":      {unix.SOL_SOCKET, unix.SO_RCVLOWAT},
	"SO_REUSEADDR":     {unix.SOL_SOCKET, unix.SO_REUSEADDR},
	"SO_REUSEPORT":     {unix.SOL_SOCKET, unix.SO_REUSEPORT},
	"SO_TIMESTAMP":     {unix.SOL_SOCKET, unix.SO_TIMESTAMP},
	"TCP_CORK":         {unix.IPPROTO_TCP, unix.TCP_CORK},
	"TCP_DEFER_ACCEPT": {unix.IPPROTO_TCP, unix.TCP_DEFER_ACCEPT},
	"TCP_KEEPCNT":      {unix.IPPROTO_TCP, unix.TCP_KEEPCNT},
	"TCP_KEEPIDLE":     {unix.IPPROTO_TCP, unix.TCP_KEEPIDLE},
	"TCP_KEEPINTVL":    {unix.IPPROTO_TCP, unix.TCP_KEEPINTVL},
	"TCP_LINGER2":      {unix.IPPROTO_TCP, unix.TCP_LINGER2},
	"TCP_NODELAY":      {unix.IPPROTO_TCP, unix.TCP_NODELAY},
	"TCP_SYNCNT":       {unix.IPPROTO_TCP, unix.TCP_SYNCNT},
	"TCP_USER_TIMEOUT": {unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT},
	"TCP_WINDOW_CLAMP": {unix.IPPROTO_TCP, unix.TCP_WINDOW_CLAMP},
}

func optionsOf(t *testing.T, c syscall.Conn) map[string]string {
	t.Helper()
	raw, err := c.SyscallConn()
	require.NoError(t, err)
	got := map[string]string{}
	require.NoError(t, raw.Control(func(fd uintptr) {
		for name, o := range sockoptsOf {
			v, err := unix.GetsockoptInt(int(fd), o[0], o[1])
			got[name] = fmt.Sprint(v, err)
		}
	}))
	return got
}

// accepted returns the options of a connection from client that ln has accepted.
func accepted(t *testing.T, ln net.Listener, client net.Dialer) map[string]string {
	t.Helper()
	c, err := client.DialContext(t.Context(), "tcp", ln.Addr().String())
	require.NoError(t, err)
	defer c.Close()
	s, err := ln.Accept()
	require.NoError(t, err)
	defer s.Close()
	return optionsOf(t, s.(*net.TCPConn))
}

// TestAcceptedOptionsMatchNet compares the options of accepted connections with those of net.Listen,
// for every way to configure a listener.
func TestAcceptedOptionsMatchNet(t *testing.T) {
	own := func(_, _ string, c syscall.RawConn) error {
		var err error
		if cerr := c.Control(func(fd uintptr) {
			for _, o := range []struct{ name, value int }{{unix.TCP_KEEPIDLE, 77}, {unix.TCP_KEEPINTVL, 33}, {unix.TCP_KEEPCNT, 5}, {unix.TCP_USER_TIMEOUT, 9000}} {
				// Multipath TCP rejects some options on old kernels, as with net.Listen.
				unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, o.name, o.value)
			}
			err = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_KEEPALIVE, 0)
		}); cerr != nil {
			return cerr
		}
		return err
	}
	type control = func(string, string, syscall.RawConn) error
	configs := map[string]net.KeepAliveConfig{
		"default":                  {},
		"disabled, and so default": {Idle: time.Minute, Interval: time.Hour, Count: 3},
		"enabled":                  {Enable: true},
		"custom":                   {Enable: true, Idle: 61 * time.Second, Interval: 7 * time.Second, Count: 4},
		"rounded up":               {Enable: true, Idle: 1500 * time.Millisecond, Interval: time.Nanosecond, Count: 1},
		"below zero":               {Enable: true, Idle: -1, Interval: -1, Count: -1},
		"idle below zero":          {Enable: true, Idle: -time.Hour, Interval: 8 * time.Second},
		"interval below zero":      {Enable: true, Idle: 90 * time.Second, Interval: -1, Count: 6},
		"count below zero":         {Enable: true, Count: -5},
		"idle above the limit":     {Enable: true, Idle: 32768 * time.Second, Interval: 8 * time.Second, Count: 3},
		"interval above the limit": {Enable: true, Idle: 62 * time.Second, Interval: 40000 * time.Second, Count: 3},
		"count above the limit":    {Enable: true, Idle: 63 * time.Second, Interval: 8 * time.Second, Count: 128},
		"idle beyond all":          {Enable: true, Idle: math.MaxInt64, Interval: 8 * time.Second, Count: 3},
		"of 2^32 seconds":          {Enable: true, Idle: 1 << 32 * time.Second, Interval: 8 * time.Second, Count: 3},
	}
	for name, config := range configs {
		for controlled, control := range map[string]control{"": nil, ", Control": own} {
			for mptcp, off := range map[string]bool{", MPTCP": false, ", plain": true} {
				t.Run(name+controlled+mptcp, func(t *testing.T) {
					lc := net.ListenConfig{KeepAliveConfig: config, Control: control}
					lc.SetMultipathTCP(!off)
					for _, address := range []string{"127.0.0.1:0", "[::1]:0"} {
						if address == "[::1]:0" && !hasLoopback(IPv6) {
							continue
						}
						want, err := lc.Listen(t.Context(), "tcp", address)
						require.NoError(t, err)
						defer want.Close()
						l := listenWith(t, Config{KeepAlive: config, Control: control, NoMPTCP: off}, address)
						assert.Equal(t, optionsOf(t, want.(*net.TCPListener))["SO_PROTOCOL"], optionsOf(t, l.Listeners()[0].(*net.TCPListener))["SO_PROTOCOL"])
						for _, multipath := range []bool{false, true} {
							var client net.Dialer
							client.SetMultipathTCP(multipath)
							assert.Equal(t, accepted(t, want, client), accepted(t, l, client), "%s, the client's multipath %v", address, multipath)
							assert.Equal(t, accepted(t, want, client), accepted(t, l.Listeners()[0], client), "%s, Listeners", address)
						}
					}
				})
			}
		}
	}
}

// TestControlIsCalledOnce checks that Control is called once per socket even if the system rejects
// an option.
func TestControlIsCalledOnce(t *testing.T) {
	for _, config := range []net.KeepAliveConfig{{}, {Enable: true, Idle: 1 << 20 * time.Second}} {
		calls := 0
		c := Config{KeepAlive: config, Control: func(string, string, syscall.RawConn) error { calls++; return nil }}
		listenWith(t, c, "127.0.0.1:0")
		assert.Equal(t, 1, calls)
	}
}

// TestNoMPTCP checks NoMPTCP. Go listens with Multipath TCP if the kernel supports it.
func TestNoMPTCP(t *testing.T) {
	for _, off := range []bool{false, true} {
		want, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
		require.NoError(t, err)
		defer want.Close()
		protocol := optionsOf(t, want.(*net.TCPListener))["SO_PROTOCOL"]
		if off {
			protocol = fmt.Sprint(unix.IPPROTO_TCP, nil)
		}
		l := listenWith(t, Config{NoMPTCP: off}, "localhost:0")
		for _, ln := range l.Listeners() {
			assert.Equal(t, protocol, optionsOf(t, ln.(*net.TCPListener))["SO_PROTOCOL"])
		}
	}
}
