package listen

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/surefoot-go/surefoot/internal/testenv"
)

func skipUDPOnWine(t *testing.T, proto string) {
	t.Helper()
	if proto == "udp" && testenv.IsWine() {
		t.Skip("the net package can't open a UDP socket on Wine, which has no SIO_UDP_CONNRESET")
	}
}

func portString(b binding) string { return fmt.Sprint(b.bound[0].addr.Port()) }

func dualUDP(t *testing.T, c Config, address string) []*net.UDPConn {
	t.Helper()
	conns, err := c.ListenUDP(t.Context(), address)
	require.NoError(t, err)
	for _, c := range conns {
		t.Cleanup(func() { c.Close() })
	}
	return conns
}

func TestDualUDPServesBothFamiliesOnOnePort(t *testing.T) {
	skipUDPOnWine(t, "udp")
	needIPv6(t)
	for _, address := range []string{":0", "localhost:0", "dns.localhost:0"} {
		t.Run(address, func(t *testing.T) {
			conns := dualUDP(t, Config{Require: IPv4 | IPv6}, address)
			require.Len(t, conns, 2)
			port := conns[0].LocalAddr().(*net.UDPAddr).Port
			assert.NotZero(t, port)
			assert.Equal(t, port, conns[1].LocalAddr().(*net.UDPAddr).Port)
			for i, host := range []string{"127.0.0.1", "::1"} {
				client, err := net.Dial("udp", net.JoinHostPort(host, fmt.Sprint(port)))
				require.NoError(t, err)
				defer client.Close()
				_, err = client.Write([]byte("ping"))
				require.NoError(t, err)
				buf := make([]byte, 16)
				conns[i].SetDeadline(time.Now().Add(30 * time.Second))
				n, from, err := conns[i].ReadFromUDPAddrPort(buf)
				require.NoError(t, err)
				assert.Equal(t, "ping", string(buf[:n]))
				assert.Equal(t, netip.MustParseAddr(host), from.Addr(), "an IPv4 peer must not be an IPv4-mapped one")
				_, err = conns[i].WriteToUDPAddrPort([]byte("pong"), from)
				require.NoError(t, err)
				client.SetDeadline(time.Now().Add(30 * time.Second))
				n, err = client.Read(buf)
				require.NoError(t, err)
				assert.Equal(t, "pong", string(buf[:n]))
			}
		})
	}
}

func TestDualUDPAddresses(t *testing.T) {
	skipUDPOnWine(t, "udp")
	for address, want := range map[string][]string{
		"127.0.0.1:0": {"127.0.0.1"}, "0.0.0.0:0": {"0.0.0.0"}, "[::]:0": {"::"}, "[::ffff:127.0.0.1]:0": {"127.0.0.1"},
	} {
		var got []string
		for _, c := range dualUDP(t, Config{}, address) {
			got = append(got, c.LocalAddr().(*net.UDPAddr).AddrPort().Addr().String())
		}
		assert.Equal(t, want, got, address)
	}
	for _, bad := range []string{"", "localhost", "*:53", "udp://:53"} {
		_, err := DualUDP(bad)
		var refused *Error
		require.ErrorAs(t, err, &refused, bad)
		assert.Equal(t, "udp", refused.Network)
	}
	_, err := DualUDP("203.0.113.77:0") // TEST-NET-3, not assigned to any machine
	assert.ErrorIs(t, err, ErrNoAddress)
	_, err = Config{Require: IPv6}.ListenUDP(t.Context(), "127.0.0.1:0")
	assert.ErrorIs(t, err, ErrNoFamily)
}

// TestUDPConflictInOneFamilyFailsAll checks that nothing stays open and that the owner is that of
// the UDP port. A TCP port with that number is not a conflict.
func TestUDPConflictInOneFamilyFailsAll(t *testing.T) {
	skipUDPOnWine(t, "udp")
	needIPv6(t)
	l := listenOn(t, "localhost:0")
	both := dualUDP(t, Config{}, fmt.Sprint("localhost:", portOf(l)))
	require.Len(t, both, 2, "beside TCP")
	for i, network := range []string{"udp4", "udp6"} {
		require.NoError(t, both[1-i].Close())
		_, err := DualUDP(fmt.Sprint("localhost:", portOf(l)))
		require.ErrorIs(t, err, ErrInUse)
		var refused *Error
		require.ErrorAs(t, err, &refused)
		assert.Equal(t, network, refused.Network)
		var op *net.OpError
		assert.ErrorAs(t, err, &op)
		if _, _, lookup := ownersOf(t.Context(), "udp", portOf(l)); !errors.Is(lookup, errors.ErrUnsupported) {
			require.Len(t, refused.Owners, 1)
			assert.Equal(t, os.Getpid(), refused.Owners[0].PID)
			assert.Equal(t, []string{ownHint}, refused.Hints)
		}
		other, err := net.ListenPacket("udp", both[1-i].LocalAddr().String())
		require.NoError(t, err, "the other family's socket was left open")
		require.NoError(t, other.Close())
		both[1-i] = dualUDP(t, Config{}, both[1-i].LocalAddr().String())[0]
	}
}

func TestUDPControl(t *testing.T) {
	skipUDPOnWine(t, "udp")
	var seen []string
	c := Config{Control: func(network, address string, c syscall.RawConn) error {
		seen = append(seen, network)
		return nil
	}}
	dualUDP(t, c, "127.0.0.1:0")
	assert.Equal(t, []string{"udp4"}, seen)
	refusal := errors.New("not this one")
	c.Control = func(string, string, syscall.RawConn) error { return refusal }
	_, err := c.ListenUDP(t.Context(), ":0")
	assert.ErrorIs(t, err, refusal)
}
