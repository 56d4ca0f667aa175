package listen

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/surefoot-go/surefoot/internal/testenv"
	"golang.org/x/sys/unix"
)

// want says what an address form binds, and who is served, where [::1] is there
// and where it is not.
type want struct {
	bound, bound6Gone   string // networks, or the error
	served, served6Gone Families
	skipped6Gone        int
}

var matrix = map[string]want{
	":0":                        {"tcp4 tcp6", "tcp4 tcp6", IPv4 | IPv6, IPv4, 0},
	"localhost:0":               {"tcp4 tcp6", "tcp4", IPv4 | IPv6, IPv4, 1},
	"both.example:0":            {"tcp4 tcp6", "tcp4", IPv4 | IPv6, IPv4, 1},
	"0.0.0.0:0":                 {"tcp4", "tcp4", IPv4, IPv4, 0},
	"[::]:0":                    {"tcp6", "tcp6", IPv6, 0, 0},
	"127.0.0.1:0":               {"tcp4", "tcp4", IPv4, IPv4, 0},
	"[::ffff:127.0.0.1]:0":      {"tcp4", "tcp4", IPv4, IPv4, 0},
	"[::1]:0":                   {"tcp6", ErrNoFamily.Error(), IPv6, 0, 0},
	"six.example:0":             {"tcp6", ErrNoFamily.Error(), IPv6, 0, 0},
	"mine-and-theirs.example:0": {ErrNoAddress.Error(), ErrNoAddress.Error(), 0, 0, 0},
}

var matrixNames = map[string][]netip.Addr{
	"both.example":            {netip.IPv6Loopback(), loopback4},
	"six.example":             {netip.IPv6Loopback()},
	"mine-and-theirs.example": {loopback4, netip.MustParseAddr("203.0.113.7")},
}

// TestMatrix tries each address form in each kind of network stack, with real
// connections over each family.
func TestMatrix(t *testing.T) {
	if !testenv.InNetNS(t) {
		return
	}
	t.Cleanup(func() { lookupNetIP = net.DefaultResolver.LookupNetIP })
	lookupNetIP = func(_ context.Context, _, host string) ([]netip.Addr, error) { return matrixNames[host], nil }
	sysctl := func(name, value string) {
		t.Helper()
		require.NoError(t, os.WriteFile("/proc/sys/net/ipv6/"+name, []byte(value), 0))
	}
	for _, v6only := range []string{"0", "1"} {
		for _, off := range []string{"0", "1"} {
			for _, there := range []bool{true, false} {
				sysctl("bindv6only", v6only)
				sysctl("conf/all/disable_ipv6", off)
				if off == "0" {
					setLoopback6(t, there)
				}
				have6 := off == "0" && there
				t.Run(fmt.Sprintf("bindv6only=%s,disable_ipv6=%s,loopback6=%v", v6only, off, there), func(t *testing.T) {
					s := Probe()
					t.Log(s)
					assert.Equal(t, Stack{IPv4: true, IPv6: true, Loopback6: have6, V4Mapped: true, BindV6Only: v6only == "1", Notes: s.Notes}, s)
					assert.Equal(t, have6, len(s.Notes) == 0)
					for address, want := range matrix {
						t.Run(address, func(t *testing.T) { want.check(t, address, have6) })
					}
					_, err := Config{Require: IPv6}.Listen(t.Context(), "localhost:0")
					if have6 {
						assert.NoError(t, err)
					} else {
						assert.ErrorIs(t, err, ErrNoFamily)
						assert.ErrorIs(t, err, unix.EADDRNOTAVAIL)
					}
				})
			}
		}
	}
}

func (w want) check(t *testing.T, address string, have6 bool) {
	bound, served, skipped := w.bound, w.served, 0
	if !have6 {
		bound, served, skipped = w.bound6Gone, w.served6Gone, w.skipped6Gone
	}
	l, err := Dual(address)
	if err != nil {
		var refused *Error
		require.ErrorAs(t, err, &refused)
		assert.Equal(t, bound, refused.Kind.Error(), "%v", err)
		return
	}
	defer l.Close()
	networks := ""
	for i, s := range l.socks {
		if i > 0 {
			networks += " "
		}
		e := endpoint{addr: addrPort(s.ln)}
		networks += e.network()
		assert.EqualValues(t, portOf(l), e.addr.Port())
	}
	assert.Equal(t, bound, networks)
	assert.Len(t, l.Skipped(), skipped)

	for _, family := range []Families{IPv4, IPv6} {
		host := map[Families]string{IPv4: "127.0.0.1", IPv6: "::1"}[family]
		c, err := net.Dial("tcp", net.JoinHostPort(host, fmt.Sprint(portOf(l))))
		if served&family == 0 {
			assert.Error(t, err, "%s has been served", family)
			continue
		}
		require.NoError(t, err)
		defer c.Close()
		server, err := l.Accept()
		require.NoError(t, err)
		defer server.Close()
		assert.Equal(t, c.LocalAddr().(*net.TCPAddr).AddrPort(), server.RemoteAddr().(*net.TCPAddr).AddrPort())
	}
}

// TestZone binds a link-local address.
func TestZone(t *testing.T) {
	if !testenv.InNetNS(t) {
		return
	}
	setAddr6(t, netip.MustParseAddr("fe80::5"), 64, true)
	var l *Listener
	var err error
	eventually(t, func() bool { // a new address is tentative at first
		l, err = Dual("[fe80::5%lo]:0")
		return err == nil
	}, "the address can't be bound")
	defer l.Close()
	dial(t, l, "fe80::5%lo")
	_, err = Dual(fmt.Sprint("[fe80::5%lo]:", portOf(l)))
	require.ErrorIs(t, err, ErrInUse)
	var refused *Error
	require.ErrorAs(t, err, &refused)
	require.Len(t, refused.Owners, 1)
	assert.Equal(t, os.Getpid(), refused.Owners[0].PID)
}

// setLoopback6 adds ::1 to lo, or removes it.
func setLoopback6(t *testing.T, there bool) {
	t.Helper()
	setAddr6(t, netip.IPv6Loopback(), 128, there)
	eventually(t, func() bool { return hasLoopback(IPv6) == there }, "[::1] stays as it was")
}

func setAddr6(t *testing.T, a netip.Addr, prefix uint32, there bool) {
	t.Helper()
	lo, err := net.InterfaceByName("lo")
	require.NoError(t, err)
	fd, err := unix.Socket(unix.AF_INET6, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	require.NoError(t, err)
	defer unix.Close(fd)
	ifr := struct { // struct in6_ifreq
		addr   [16]byte
		prefix uint32
		index  int32
	}{a.As16(), prefix, int32(lo.Index)}
	op := uintptr(unix.SIOCSIFADDR)
	if !there {
		op = unix.SIOCDIFADDR
	}
	_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), op, uintptr(unsafe.Pointer(&ifr)))
	if errno != unix.EEXIST && errno != 0 {
		require.NoError(t, errno)
	}
}
