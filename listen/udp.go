package listen

import (
	"context"
	"net"
)

// DualUDP opens a UDP socket for each family under one port, for servers of HTTP/3, DNS or statsd.
// It is Config{}.ListenUDP with a background context.
func DualUDP(address string) ([]*net.UDPConn, error) {
	return Config{}.ListenUDP(context.Background(), address)
}

// ListenUDP opens the UDP sockets of an address: one for each family, as described in the package's
// doc, or for each address of a name. They have the same port, and IPv4 comes first. A family that
// this machine does not have is left out unless Require names it.
//
// The caller owns the sockets, reads from each of them and closes them. A server that takes one
// [net.PacketConn], such as those of github.com/quic-go/quic-go, runs once for each.
//
// An IPv4 peer has an IPv4 address. An answer goes out through the socket that the question came in
// by. The errors are those of [Config.Listen]; the owners are those of the UDP port, and the
// reserved ranges those of UDP.
func (c Config) ListenUDP(ctx context.Context, address string) ([]*net.UDPConn, error) {
	b, err := c.bindAddress(ctx, "udp", address)
	if err != nil {
		return nil, err
	}
	conns := make([]*net.UDPConn, len(b.bound))
	for i, s := range b.bound {
		conns[i] = s.Closer.(*net.UDPConn)
	}
	return conns, nil
}
