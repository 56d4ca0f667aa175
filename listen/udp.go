package listen

import (
	"context"
	"net"
)

// DualUDP opens a UDP socket for each family on one port, for servers of HTTP/3, DNS or statsd. It
// is Config{}.ListenUDP with a background context.
func DualUDP(address string) ([]*net.UDPConn, error) {
	return Config{}.ListenUDP(context.Background(), address)
}

// ListenUDP opens the UDP sockets of an address: one for each family, as described in the package
// documentation, or one for each address of a name. They have the same port, and IPv4 comes first.
// A family that this machine does not have is skipped unless Require contains it.
//
// The caller owns the sockets, reads from each of them and closes them. A server that takes one
// [net.PacketConn], such as those of github.com/quic-go/quic-go, runs once for each.
//
// An IPv4 peer has an IPv4 address. Send an answer through the socket on which the request arrived.
// The errors are those of [Config.Listen], with the owners and reserved ranges of the UDP port.
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
