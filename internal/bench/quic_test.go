package bench

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"io"
	"math/big"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/http3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/listen"
)

// certificate returns a certificate for localhost that clients is to trust.
func certificate(t *testing.T) (cert tls.Certificate, clients *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{"localhost"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	require.NoError(t, err)
	parsed, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	clients = x509.NewCertPool()
	clients.AddCert(parsed)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, clients
}

// udpPair opens the sockets of both families, or skips t.
func udpPair(t *testing.T) []*net.UDPConn {
	t.Helper()
	conns, err := listen.Config{Require: listen.IPv4 | listen.IPv6}.ListenUDP(t.Context(), "localhost:0")
	if err != nil {
		t.Skip("needs UDP on 127.0.0.1 and [::1]: ", err)
	}
	require.Len(t, conns, 2)
	for _, c := range conns {
		t.Cleanup(func() { c.Close() })
	}
	return conns
}

// TestQUIC has a QUIC server on each socket of DualUDP, and a client on each family.
func TestQUIC(t *testing.T) {
	cert, roots := certificate(t)
	for _, conn := range udpPair(t) {
		server, err := quic.Listen(conn, &tls.Config{Certificates: []tls.Certificate{cert}, NextProtos: []string{"echo"}}, nil)
		require.NoError(t, err)
		defer server.Close()
		peers := make(chan net.Addr, 1)
		go func() {
			c, err := server.Accept(context.Background())
			if err != nil {
				return
			}
			peers <- c.RemoteAddr()
			if s, err := c.AcceptStream(context.Background()); err == nil {
				io.Copy(s, s)
				s.Close()
			}
		}()
		c, err := quic.DialAddr(t.Context(), conn.LocalAddr().String(), &tls.Config{RootCAs: roots, ServerName: "localhost", NextProtos: []string{"echo"}}, nil)
		require.NoError(t, err)
		s, err := c.OpenStreamSync(t.Context())
		require.NoError(t, err)
		sent := make([]byte, 1<<20)
		go func() { s.Write(sent); s.Close() }()
		got, err := io.ReadAll(s)
		require.NoError(t, err)
		assert.Len(t, got, len(sent))
		here := conn.LocalAddr().(*net.UDPAddr).AddrPort().Addr()
		peer := (<-peers).(*net.UDPAddr).AddrPort().Addr()
		assert.Equal(t, here, peer, "a peer of IPv4 has an address of IPv4")
		require.NoError(t, c.CloseWithError(0, ""))
	}
}

// TestHTTP3 serves HTTP/3 on both families beside HTTP/1 and 2 on the same port.
func TestHTTP3(t *testing.T) {
	cert, roots := certificate(t)
	conns := udpPair(t)
	tcp, err := listen.Dual(net.JoinHostPort("localhost", portOf(t, conns[0].LocalAddr())))
	require.NoError(t, err, "UDP does not take TCP's port")
	defer tcp.Close()
	config := http3.ConfigureTLSConfig(&tls.Config{Certificates: []tls.Certificate{cert}})
	server := &http3.Server{TLSConfig: config, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, r.Proto)
	})}
	for _, conn := range conns {
		go server.Serve(conn)
	}
	defer server.Close()
	transport := &http3.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, ServerName: "localhost"}}
	defer transport.Close()
	for _, conn := range conns {
		resp, err := (&http.Client{Transport: transport}).Get("https://" + conn.LocalAddr().String())
		require.NoError(t, err)
		body, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		resp.Body.Close()
		assert.Equal(t, "HTTP/3.0", string(body))
	}
}

func portOf(t *testing.T, addr net.Addr) string {
	t.Helper()
	_, port, err := net.SplitHostPort(addr.String())
	require.NoError(t, err)
	return port
}
