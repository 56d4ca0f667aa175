package listen

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// want holds what an address form binds and which clients are served, with and without [::1].
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
	"both.example":            {netip.IPv6Loopback(), loopback4()},
	"six.example":             {netip.IPv6Loopback()},
	"mine-and-theirs.example": {loopback4(), netip.MustParseAddr("203.0.113.7")},
}

func useMatrixNames(t *testing.T) {
	swap(t, &lookupNetIP, func(_ context.Context, host string) ([]netip.Addr, error) { return matrixNames[host], nil })
}

// TestMatrixOnThisMachine tries each address form in this machine's network stack.
func TestMatrixOnThisMachine(t *testing.T) {
	useMatrixNames(t)
	have6 := hasLoopback(IPv6)
	for address, want := range matrix {
		t.Run(address, func(t *testing.T) { want.check(t, address, have6) })
	}
}

// check listens on address and makes real connections over each family.
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
		e := endpoint{addr: s.ln.Addr().(*net.TCPAddr).AddrPort(), proto: "tcp"}
		networks += e.network()
		assert.EqualValues(t, portOf(l), e.addr.Port())
	}
	assert.Equal(t, bound, networks)
	assert.Len(t, l.Skipped(), skipped)
	for _, s := range l.Skipped() {
		assert.Contains(t, s.String(), "tcp6 [::1]:")
	}

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
