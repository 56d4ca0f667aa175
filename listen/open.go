package listen

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"
	"syscall"
)

// open opens the socket of one endpoint.
func (c Config) open(ctx context.Context, e endpoint) (bound, error) {
	refuse := func(addr netip.AddrPort, err error) (bound, error) {
		return bound{}, &net.OpError{Op: "listen", Net: e.network(), Addr: e.netAddr(addr), Err: err}
	}
	if err := ctx.Err(); err != nil {
		return refuse(e.addr, err)
	}
	look := !c.Shared && needsLook(e)
	s, err := c.openSocket(ctx, e)
	if err != nil {
		return bound{}, err
	}
	if look {
		if err := lookForOverlap(ctx, e.proto, s.addr); err != nil {
			s.Close()
			return refuse(s.addr, err)
		}
	}
	return s, nil
}

func (c Config) openSocket(ctx context.Context, e endpoint) (bound, error) {
	if e.proto == "udp" {
		lc := net.ListenConfig{Control: c.control}
		conn, err := lc.ListenPacket(ctx, e.network(), e.addr.String())
		if err != nil {
			return bound{}, err
		}
		return bound{conn, conn.LocalAddr().(*net.UDPAddr).AddrPort()}, nil
	}
	ln, err := c.listenTCP(ctx, e, keepAliveInherited)
	if errors.Is(err, errNotInherited) {
		ln, err = c.listenTCP(ctx, e, false)
	}
	if err != nil {
		return bound{}, err
	}
	return bound{ln, ln.Addr().(*net.TCPAddr).AddrPort()}, nil
}

// listenTCP opens a listening socket. If inherit is true, it sets the keep-alive options on that
// socket, so that accepted sockets inherit them, and returns errNotInherited if the system rejects
// one.
func (c Config) listenTCP(ctx context.Context, e endpoint, inherit bool) (net.Listener, error) {
	lc := net.ListenConfig{KeepAliveConfig: c.KeepAlive, Control: c.control}
	if inherit {
		lc.KeepAliveConfig, lc.KeepAlive = net.KeepAliveConfig{}, -1 // not set on each connection
		refused := false
		set := func(conn syscall.RawConn) error {
			// If the first socket fails, Go tries a second one without Multipath TCP. Prevent that
			// here.
			if !refused {
				refused = onSocket(conn, func(fd uintptr) error { return setKeepAlive(fd, c.KeepAlive) }) != nil
			}
			if refused {
				return errNotInherited
			}
			return nil
		}
		lc.Control = func(network, address string, conn syscall.RawConn) error {
			// Set the options before c.Control, so that Control is called only once per socket, and
			// again after it, because the net package sets its options on a connection last.
			err := set(conn)
			if err == nil {
				err = c.control(network, address, conn)
			}
			if err == nil && c.Control != nil {
				err = set(conn)
			}
			return err
		}
	}
	if c.NoMPTCP {
		lc.SetMultipathTCP(false)
	}
	return lc.Listen(ctx, e.network(), e.addr.String())
}

var errNotInherited = errors.New("accepted sockets would not have the keep-alive options of the listening one")

// control prepares a socket before it is bound.
func (c Config) control(network, address string, conn syscall.RawConn) error {
	err := onSocket(conn, func(fd uintptr) error { return prepare(fd, strings.HasSuffix(network, "6"), !c.Shared) })
	if err == nil && c.Control != nil {
		if err = c.Control(network, address, conn); err != nil {
			err = controlError{err}
		}
	}
	return err
}

func onSocket(conn syscall.RawConn, f func(fd uintptr) error) error {
	var err error
	if cerr := conn.Control(func(fd uintptr) { err = f(fd) }); cerr != nil {
		return cerr
	}
	return err
}

// controlError is an error from the caller's Control. Its error number says nothing about the
// socket.
type controlError struct{ error }

func (e controlError) Unwrap() error { return e.error }
