package listen

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// needIPv6 skips t if [::1] does not exist.
func needIPv6(t testing.TB) {
	t.Helper()
	if !hasLoopback(IPv6) {
		t.Skip("needs [::1]")
	}
}

func listenOn(t testing.TB, address string) *Listener {
	t.Helper()
	return listenWith(t, Config{}, address)
}

func listenWith(t testing.TB, c Config, address string) *Listener {
	t.Helper()
	l, err := c.Listen(t.Context(), address)
	require.NoError(t, err)
	t.Cleanup(func() { l.Close() })
	return l
}

func portOf(l *Listener) int { return l.Addr().(*net.TCPAddr).Port }

// dial connects to host at l's port and returns the connection's two ends.
func dial(t testing.TB, l *Listener, host string) (client, server net.Conn) {
	t.Helper()
	client, err := net.Dial("tcp", net.JoinHostPort(host, fmt.Sprint(portOf(l))))
	require.NoError(t, err)
	t.Cleanup(func() { client.Close() })
	server, err = l.Accept()
	require.NoError(t, err)
	t.Cleanup(func() { server.Close() })
	return client, server
}

func TestDualServesBothFamiliesOnOnePort(t *testing.T) {
	needIPv6(t)
	for _, address := range []string{":0", "localhost:0"} {
		t.Run(address, func(t *testing.T) {
			l := listenOn(t, address)
			addrs := l.Addrs()
			require.Len(t, addrs, 2)
			assert.Equal(t, l.Addr(), addrs[0])
			four, six := addrs[0].(*net.TCPAddr), addrs[1].(*net.TCPAddr)
			assert.True(t, four.AddrPort().Addr().Is4())
			assert.True(t, six.AddrPort().Addr().Is6())
			assert.NotZero(t, four.Port)
			assert.Equal(t, four.Port, six.Port)
			assert.Empty(t, l.Skipped())

			for _, host := range []string{"127.0.0.1", "::1"} {
				client, server := dial(t, l, host)
				assert.IsType(t, (*net.TCPConn)(nil), server)
				peer := server.RemoteAddr().(*net.TCPAddr).AddrPort()
				assert.Equal(t, netip.MustParseAddr(host), peer.Addr(), "an IPv4 peer must not be an IPv4-mapped one")
				assert.Equal(t, client.LocalAddr().(*net.TCPAddr).AddrPort(), peer)
			}
		})
	}
}

func TestServesHTTP(t *testing.T) {
	hello := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.RemoteAddr) })
	ways := map[string]func(*http.Server, *Listener, chan<- error){
		"one Serve": func(s *http.Server, l *Listener, ended chan<- error) {
			go func() { ended <- s.Serve(l) }()
		},
		"a Serve for each socket": func(s *http.Server, l *Listener, ended chan<- error) {
			for _, ln := range l.Listeners() {
				go func() { ended <- s.Serve(ln) }()
			}
		},
	}
	for name, serve := range ways {
		t.Run(name, func(t *testing.T) {
			l := listenOn(t, "localhost:0")
			srv := &http.Server{Handler: hello}
			ended := make(chan error, len(l.Addrs()))
			serve(srv, l, ended)
			client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
			for _, a := range l.Addrs() {
				resp, err := client.Get("http://" + a.String())
				require.NoError(t, err)
				body, err := io.ReadAll(resp.Body)
				require.NoError(t, err)
				resp.Body.Close()
				peer := netip.MustParseAddrPort(string(body))
				assert.Equal(t, a.(*net.TCPAddr).AddrPort().Addr(), peer.Addr())
			}
			require.NoError(t, srv.Shutdown(t.Context()))
			assert.ErrorIs(t, <-ended, http.ErrServerClosed)
			if name != "one Serve" {
				for range len(l.Addrs()) - 1 {
					assert.ErrorIs(t, <-ended, http.ErrServerClosed)
				}
			}
			_, err := l.Accept()
			assert.ErrorIs(t, err, net.ErrClosed)
		})
	}
}

var otherFamily = map[string]string{"0.0.0.0": "::1", "127.0.0.1": "::1", "::": "127.0.0.1", "::1": "127.0.0.1"}

func TestConflictInOneFamilyFailsAll(t *testing.T) {
	needIPv6(t)
	for network, hosts := range map[string][]string{"tcp4": {"0.0.0.0", "127.0.0.1"}, "tcp6": {"::", "::1"}} {
		for i, host := range []string{"", "localhost"} {
			t.Run(network+" "+host, func(t *testing.T) {
				free := listenOn(t, ":0") // a port that is free in both families
				port := fmt.Sprint(portOf(free))
				require.NoError(t, free.Close())
				taken, err := net.Listen(network, net.JoinHostPort(hosts[i], port))
				require.NoError(t, err)
				defer taken.Close()

				_, err = Dual(net.JoinHostPort(host, port))
				require.ErrorIs(t, err, ErrInUse)
				var refused *Error
				require.ErrorAs(t, err, &refused)
				assert.Equal(t, network, refused.Network)
				assert.Equal(t, taken.Addr().String(), refused.Addr)
				var op *net.OpError
				assert.ErrorAs(t, err, &op)

				other, err := net.Listen("tcp", net.JoinHostPort(otherFamily[hosts[i]], port))
				require.NoError(t, err, "the other family's socket was left open")
				other.Close()
			})
		}
	}
}

func TestRequire(t *testing.T) {
	_, err := Config{Require: IPv6}.Listen(t.Context(), "127.0.0.1:0")
	require.ErrorIs(t, err, ErrNoFamily)
	assert.ErrorContains(t, err, "IPv6")
	_, err = Config{Require: 8}.Listen(t.Context(), "127.0.0.1:0")
	assert.ErrorContains(t, err, "Families(8)")
	assert.Equal(t, "IPv4+Families(8)", (IPv4 | 8).String())
	listenWith(t, Config{Require: IPv4}, "127.0.0.1:0")
	needIPv6(t)
	listenWith(t, Config{Require: IPv4 | IPv6}, ":0")
}

func TestControlSeesEachSocketBeforeBind(t *testing.T) {
	needIPv6(t)
	seen := map[string]bool{}
	c := Config{Control: func(network, address string, c syscall.RawConn) error {
		seen[network+" "+netip.MustParseAddrPort(address).Addr().String()] = true
		return nil
	}}
	listenWith(t, c, ":0")
	assert.Equal(t, map[string]bool{"tcp4 0.0.0.0": true, "tcp6 ::": true}, seen)

	refusal := errors.New("not this one")
	c.Control = func(network, address string, c syscall.RawConn) error { return refusal }
	_, err := c.Listen(t.Context(), ":0")
	assert.ErrorIs(t, err, refusal)

	c.Control = func(network, address string, c syscall.RawConn) error { return syscall.EADDRNOTAVAIL }
	_, err = c.Listen(t.Context(), ":0")
	assert.ErrorIs(t, err, syscall.EADDRNOTAVAIL, "must not be taken for an absent family")
	var refused *Error
	require.ErrorAs(t, err, &refused)
	assert.NoError(t, refused.Kind)
}

func TestListenContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, address := range []string{":0", "127.0.0.1:0", "a.name.invalid:0"} {
		_, err := Config{}.Listen(ctx, address)
		assert.ErrorIs(t, err, context.Canceled, address)
	}
}

// TestServesTLS has net/http/httptest wrap the listener with TLS.
func TestServesTLS(t *testing.T) {
	l := listenOn(t, "localhost:0")
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, r.Proto)
	}))
	srv.Listener.Close()
	srv.Listener = l
	srv.EnableHTTP2 = true
	srv.StartTLS()
	defer srv.Close()
	client := srv.Client()
	client.Transport.(*http.Transport).TLSClientConfig.ServerName = "example.com" // the certificate's name
	for _, a := range l.Addrs() {
		resp, err := client.Get("https://" + a.String())
		require.NoError(t, err)
		body, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		resp.Body.Close()
		assert.Equal(t, "HTTP/2.0", string(body))
	}
}
