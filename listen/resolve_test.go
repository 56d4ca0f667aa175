package listen

import (
	"context"
	"net"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestResolve(t *testing.T) {
	swap(t, &lookupNetIP, func(_ context.Context, host string) ([]netip.Addr, error) {
		if host != "db.example" {
			return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
		}
		return []netip.Addr{
			netip.MustParseAddr("2001:db8::1"), netip.MustParseAddr("::ffff:192.0.2.1"),
			netip.MustParseAddr("192.0.2.2"), netip.MustParseAddr("192.0.2.1"),
		}, nil
	})
	for address, want := range map[string][]string{
		":8080":                  {"tcp4 0.0.0.0:8080", "tcp6 [::]:8080"},
		"localhost:1":            {"tcp4 127.0.0.1:1", "tcp6 [::1]:1"},
		"LocalHost.:1":           {"tcp4 127.0.0.1:1", "tcp6 [::1]:1"},
		"0.0.0.0:0":              {"tcp4 0.0.0.0:0"},
		"[::]:0":                 {"tcp6 [::]:0"},
		"10.0.0.5:80":            {"tcp4 10.0.0.5:80"},
		"[2001:db8::5]:80":       {"tcp6 [2001:db8::5]:80"},
		"[fe80::1%eth0]:80":      {"tcp6 [fe80::1%eth0]:80"},
		"[::ffff:10.0.0.5]:80":   {"tcp4 10.0.0.5:80"},
		"[::ffff:0.0.0.0]:80":    {"tcp4 0.0.0.0:80"},
		"db.example:5432":        {"tcp4 192.0.2.1:5432", "tcp4 192.0.2.2:5432", "tcp6 [2001:db8::1]:5432"},
		":http":                  {"tcp4 0.0.0.0:80", "tcp6 [::]:80"},
		"[::1]:https":            {"tcp6 [::1]:443"},
		"":                       nil,
		":":                      nil,
		"localhost":              nil,
		"localhost:":             nil,
		"127.0.0.1":              nil,
		"::1":                    nil,
		"[::1]":                  nil,
		"::":                     nil,
		"8080":                   nil,
		":65536":                 nil,
		":-1":                    nil,
		":no-such-service":       nil,
		"nowhere.invalid:80":     nil,
		"[::1%]:80":              nil,
		"[::ffff:1.2.3.4%lo]:80": nil,
		"1:2:3":                  nil,
	} {
		t.Run(address, func(t *testing.T) {
			ends, err := resolve(t.Context(), address)
			if want == nil {
				require.Error(t, err)
				_, err = Dual(address)
				var refused *Error
				require.ErrorAs(t, err, &refused)
				assert.Equal(t, address, refused.Addr)
				return
			}
			require.NoError(t, err)
			var got []string
			for _, e := range ends {
				got = append(got, e.network()+" "+e.addr.String())
			}
			assert.Equal(t, want, got)
		})
	}
}

// TestResolvedZone: a link-local address can't be bound without its zone, which
// LookupNetIP and LookupIP lose.
func TestResolvedZone(t *testing.T) {
	found, err := lookupNetIP(t.Context(), "fe80::5%lo")
	require.NoError(t, err)
	assert.Equal(t, []netip.Addr{netip.MustParseAddr("fe80::5%lo")}, found)
	found, err = lookupNetIP(t.Context(), "192.0.2.1")
	require.NoError(t, err)
	assert.Equal(t, []netip.Addr{netip.MustParseAddr("192.0.2.1")}, found)
}

func TestNameWithoutAddresses(t *testing.T) {
	swap(t, &lookupNetIP, func(context.Context, string) ([]netip.Addr, error) { return nil, nil })
	_, err := Dual("empty.example:0")
	var refused *Error
	require.ErrorAs(t, err, &refused)
	assert.ErrorContains(t, err, "empty.example has no address")
}

func FuzzResolve(f *testing.F) {
	for _, address := range []string{":0", "localhost:http", "[fe80::1%eth0]:80", "[::ffff:10.0.0.5]:80", "", "::1", "a:b:c", "[::1", "host%:1"} {
		f.Add(address)
	}
	swap(f, &lookupNetIP, func(context.Context, string) ([]netip.Addr, error) {
		return []netip.Addr{netip.MustParseAddr("::ffff:192.0.2.1"), netip.IPv6Loopback()}, nil
	})
	swap(f, &lookupPort, func(context.Context, string) (int, error) { return 80, nil })
	f.Fuzz(func(t *testing.T, address string) {
		ends, err := resolve(t.Context(), address)
		if (err == nil) != (len(ends) > 0) {
			t.Fatal(ends, err)
		}
		for _, e := range ends {
			if !e.addr.IsValid() || e.addr.Addr().Is4In6() {
				t.Fatal(e)
			}
		}
	})
}
