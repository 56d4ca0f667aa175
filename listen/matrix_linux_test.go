package listen

import (
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

// TestMatrix tries each address form in each kind of network stack.
func TestMatrix(t *testing.T) {
	if !testenv.InNetNS(t) {
		return
	}
	useMatrixNames(t)
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

// TestNetListen checks the claims of the package documentation.
func TestNetListen(t *testing.T) {
	if !testenv.InNetNS(t) {
		return
	}
	serves := func(t *testing.T, network, address, host string) (ok bool, peer netip.Addr) {
		t.Helper()
		ln, err := net.Listen(network, address)
		require.NoError(t, err)
		defer ln.Close()
		c, err := net.Dial("tcp", net.JoinHostPort(host, fmt.Sprint(ln.Addr().(*net.TCPAddr).Port)))
		if err != nil {
			return false, netip.Addr{}
		}
		defer c.Close()
		server, err := ln.Accept()
		require.NoError(t, err)
		defer server.Close()
		return true, server.RemoteAddr().(*net.TCPAddr).AddrPort().Addr()
	}
	for _, v6only := range []string{"0", "1"} {
		require.NoError(t, os.WriteFile("/proc/sys/net/ipv6/bindv6only", []byte(v6only), 0))
		for _, tt := range []struct {
			network, address, host string
			served                 bool
		}{
			{"tcp", ":0", "127.0.0.1", true},
			{"tcp", ":0", "::1", true},
			{"tcp", "0.0.0.0:0", "::1", true},
			{"tcp6", ":0", "127.0.0.1", false},
			{"tcp6", ":0", "::1", true},
			{"tcp", "localhost:0", "127.0.0.1", true},
			{"tcp", "localhost:0", "::1", false},
		} {
			ok, peer := serves(t, tt.network, tt.address, tt.host)
			assert.Equal(t, tt.served, ok, "%v, bindv6only=%s", tt, v6only)
			if ok && tt.host == "127.0.0.1" && tt.address == ":0" {
				assert.True(t, peer.Is4In6(), "%v", tt)
			}
		}
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

// setLoopback6 adds ::1 to lo or removes it.
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
