package listen

import (
	"fmt"
	"net/netip"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/internal/testenv"
)

// TestDualStackPairs corresponds to net's TestDualStackTCPListener and TestDualStackUDPListener: of
// two listeners on one port, the second one fails if and only if they would share an address.
func TestDualStackPairs(t *testing.T) {
	if runtime.GOOS == "linux" && !testenv.InNetNS(t) {
		return // only if no other process takes a port
	}
	needIPv6(t)
	hosts := []string{"", "localhost", "0.0.0.0", "[::]", "127.0.0.1", "[::1]", "[::ffff:127.0.0.1]"}
	for _, proto := range []string{"tcp", "udp"} {
		t.Run(proto, func(t *testing.T) {
			skipUDPOnWine(t, proto)
			for _, first := range hosts {
				for _, second := range hosts {
					one, err := Config{}.bindAddress(t.Context(), proto, first+":0")
					require.NoError(t, err, first)
					two, err := Config{}.bindAddress(t.Context(), proto, second+":"+portString(one))
					what := fmt.Sprintf("%s %q and then %q", proto, first, second)
					if shareAddress(t, proto, first, second) {
						assert.ErrorIs(t, err, ErrInUse, what)
					} else {
						assert.NoError(t, err, what)
					}
					two.close()
					one.close()
				}
			}
		})
	}
}

func shareAddress(t *testing.T, proto, a, b string) bool {
	addrs := func(host string) (addrs []netip.Addr) {
		ends, err := resolve(t.Context(), proto, host+":0")
		require.NoError(t, err)
		for _, e := range ends {
			addrs = append(addrs, e.addr.Addr())
		}
		return addrs
	}
	for _, x := range addrs(a) {
		for _, y := range addrs(b) {
			if x.Is4() == y.Is4() && (x == y || x.IsUnspecified() || y.IsUnspecified()) {
				return true
			}
		}
	}
	return false
}
