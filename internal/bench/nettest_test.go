package bench

import (
	"net"
	"testing"

	"golang.org/x/net/nettest"

	"github.com/surefoot-go/surefoot/listen"
)

// TestConns holds accepted connections of both families to what net.Conn promises.
func TestConns(t *testing.T) {
	l, err := listen.Dual("localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for _, addr := range l.Addrs() {
		t.Run(addr.String(), func(t *testing.T) {
			nettest.TestConn(t, func() (client, server net.Conn, stop func(), err error) {
				if client, err = net.Dial(addr.Network(), addr.String()); err != nil {
					return nil, nil, nil, err
				}
				if server, err = l.Accept(); err != nil {
					client.Close()
					return nil, nil, nil, err
				}
				return client, server, func() { client.Close(); server.Close() }, nil
			})
		})
	}
}
