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
	swap(t, &interfaces, func() []iface { return []iface{{name: "eth0", index: 2}} })
	for address, want := range map[string][]string{
		"api.localhost:1":        {"tcp4 127.0.0.1:1", "tcp6 [::1]:1"}, // RFC 6761
		"a.B.LOCALHOST.:1":       {"tcp4 127.0.0.1:1", "tcp6 [::1]:1"},
		"notlocalhost:1":         nil,
		"[fe80::1%2]:80":         {"tcp6 [fe80::1%2]:80"},
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
			ends, err := resolve(t.Context(), "tcp", address)
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

// TestAddressSuggestions checks that address forms of other programs are rejected with the address to
// write.
func TestAddressSuggestions(t *testing.T) {
	swap(t, &interfaces, func() []iface {
		return []iface{
			{name: "lo", index: 1},
			{name: "eth0", index: 2, addrs: []netip.Addr{netip.MustParseAddr("fe80::2")}},
			{name: "eth1", index: 3, addrs: []netip.Addr{netip.MustParseAddr("fe80::3")}},
		}
	})
	for address, want := range map[string][]string{
		"*:8080":                       {":8080"},
		"+:8080":                       {":8080"},
		"*:http":                       {":http"},
		"http://localhost:8080":        {"localhost:8080"},
		"HTTP://localhost:8080/":       {"localhost:8080"},
		"https://*:8443/api?x=1#y":     {":8443"},
		"http://+:80/":                 {":80"},
		"tcp://0.0.0.0:9000":           {"0.0.0.0:9000"},
		"http://localhost":             {"localhost:80"},
		"https://[::1]/":               {"[::1]:443"},
		"http://me:secret@localhost:8": {"localhost:8"},
		"http://:8080":                 {":8080"},
		"unix:///run/x.sock":           nil,
		"localhost:8080/api":           {"localhost:8080"},
		":8080/":                       {":8080"},
		" :8080":                       {":8080"},
		"localhost:8080\n":             {"localhost:8080"},
		"8080":                         {":8080"},
		"::1:8080":                     {"[::1]:8080"},
		"2001:db8::5:8080":             {"[2001:db8::5]:8080"},
		"1:2:3:4:5:6:7:8:80":           {"[1:2:3:4:5:6:7:8]:80"},
		":::8080":                      {"[::]:8080"},
		"::1":                          nil,
		"fe80::2:8080":                 {"[fe80::2%eth0]:8080"},
		"[fe80::2]:8080":               {"[fe80::2%eth0]:8080"},
		"[fe80::3%eth9]:8080":          {"[fe80::3%eth1]:8080"},
		"[fe80::9]:8080":               {"[fe80::9%eth0]:8080", "[fe80::9%eth1]:8080"},
		"[fe80::9%7]:80":               {"[fe80::9%eth0]:80", "[fe80::9%eth1]:80"},
		"[::ffff:10.0.0.5%eth0]:80":    {"10.0.0.5:80"},
	} {
		t.Run(address, func(t *testing.T) {
			_, err := Dual(address)
			var refused *Error
			require.ErrorAs(t, err, &refused)
			assert.Equal(t, want, refused.Hints)
			assert.Equal(t, address, refused.Addr)
			if want != nil {
				assert.ErrorContains(t, err, "; write: "+want[0])
			}
			_, err = DualUDP(address)
			require.ErrorAs(t, err, &refused)
			assert.Equal(t, want, refused.Hints)
			assert.Equal(t, "udp", refused.Network)
		})
	}
}

func TestZoneWithoutInterfaces(t *testing.T) {
	a := netip.MustParseAddr("fe80::1%whatever")
	writes := func(err error) []string {
		var bad *addressError
		require.ErrorAs(t, err, &bad)
		return bad.write
	}
	lone := func() []iface { return []iface{{name: "lo", index: 1}} }
	assert.Equal(t, []string{"[fe80::1%lo]:80"}, writes(checkZone(a, "80", lone)), "no interface has such an address")
	assert.NoError(t, checkZone(a, "80", func() []iface { return nil }), "the system does not tell")
	assert.Equal(t, []string{"[fe80::1%INTERFACE]:80"}, writes(checkZone(a.WithZone(""), "80", func() []iface { return nil })))
	if all, err := net.Interfaces(); err == nil { // Wine's fails
		assert.Len(t, systemInterfaces(), len(all))
	}
}

// TestResolvedZone checks that resolved link-local addresses keep their zone, which LookupNetIP and
// LookupIP lose.
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
	swap(f, &lookupPort, func(context.Context, string, string) (int, error) { return 80, nil })
	f.Fuzz(func(t *testing.T, address string) {
		ends, err := resolve(t.Context(), "tcp", address)
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
