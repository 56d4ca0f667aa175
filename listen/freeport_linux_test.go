package listen

import (
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/surefoot-go/surefoot/internal/testenv"
	"golang.org/x/sys/unix"
)

// TestFreePortWithManyTaken holds half of the system's ports in one family. The system then
// mostly offers one of these ports in the other family.
func TestFreePortWithManyTaken(t *testing.T) {
	if !testenv.InNetNS(t) {
		return
	}
	limit := unix.Rlimit{Cur: 20_000, Max: 20_000}
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		t.Skip("needs 20,000 descriptors: ", err)
	}
	for _, holder := range []endpoint{literalEnd("[::]:0"), literalEnd("0.0.0.0:0")} {
		held := make([]int, 14_000)
		family := unix.AF_INET6
		if holder.family() == IPv4 {
			family = unix.AF_INET
		}
		for i := range held {
			fd, err := unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
			require.NoError(t, err)
			held[i] = fd
			if family == unix.AF_INET6 {
				require.NoError(t, unix.SetsockoptInt(fd, unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, 1))
				require.NoError(t, unix.Bind(fd, &unix.SockaddrInet6{}))
			} else {
				require.NoError(t, unix.Bind(fd, &unix.SockaddrInet4{}))
			}
			require.NoError(t, unix.Listen(fd, 1))
		}
		ends, err := resolve(t.Context(), "tcp", ":0")
		require.NoError(t, err)
		most := 0
		start := time.Now()
		const rounds = 100
		for range rounds {
			b := Config{}.bind(t.Context(), ends)
			require.NoError(t, b.err)
			require.Len(t, b.bound, 2)
			most = max(most, b.tries)
			b.close()
		}
		t.Logf("%s: at most %d tries, %v each", holder.family(), most, time.Since(start)/rounds)
		assert.LessOrEqual(t, most, maxTries)
		for _, fd := range held {
			unix.Close(fd)
		}
	}
}

// TestNoFreePort takes all ports in one family or the other.
func TestNoFreePort(t *testing.T) {
	if !testenv.InNetNS(t) {
		return
	}
	setLocalPorts(t, "40000 40003")
	var held []*Listener
	for range 4 {
		l, err := Dual("0.0.0.0:0")
		require.NoError(t, err)
		defer l.Close()
		held = append(held, l)
	}
	_, err := Dual(":0")
	require.ErrorIs(t, err, ErrInUse)
	assert.ErrorContains(t, err, "sysctl net.ipv4.ip_local_port_range")
	held[2].Close()
	l, err := Dual(":0")
	require.NoError(t, err)
	defer l.Close()
	assert.Equal(t, portOf(held[2]), portOf(l))
}

// TestOneFreePort leaves one port in two hundred free in both families.
func TestOneFreePort(t *testing.T) {
	if !testenv.InNetNS(t) {
		return
	}
	setLocalPorts(t, "40000 40199")
	const free = 40117
	for port := 40000; port < 40200; port++ {
		if port != free {
			listenOn(t, fmt.Sprint([]string{"0.0.0.0:", "[::]:"}[port%2], port))
		}
	}
	for range 10 {
		l, err := Dual(":0")
		require.NoError(t, err)
		assert.Equal(t, free, portOf(l))
		require.NoError(t, l.Close())
	}
}

func setLocalPorts(t *testing.T, ports string) {
	t.Helper()
	require.NoError(t, os.WriteFile("/proc/sys/net/ipv4/ip_local_port_range", []byte(ports), 0))
}
