package listen

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"syscall"
)

// The search for a port that is free in every family ends after this many
// tries. The first few let the system choose a port for one family in turn;
// after that the port comes from a dual-stack socket, for which the system looks
// at both families at once.
const (
	maxTries   = 64
	blindTries = 4
)

// binding is the outcome of an attempt to bind every endpoint.
type binding struct {
	bound   []*net.TCPListener
	skipped []Skip
	failed  endpoint // what err is about
	err     error
	tries   int // that a free port took
}

func (b *binding) close() {
	for _, ln := range b.bound {
		ln.Close()
	}
	b.bound = nil
}

func (b *binding) families() (f Families) {
	for _, ln := range b.bound {
		f |= endpoint{addr: addrPort(ln)}.family()
	}
	return f
}

func addrPort(ln *net.TCPListener) netip.AddrPort { return ln.Addr().(*net.TCPAddr).AddrPort() }

// bind opens a socket for each endpoint. If it fails, some may be open.
func (c Config) bind(ctx context.Context, ends []endpoint) binding {
	if ends[0].addr.Port() != 0 {
		return c.bindAll(ctx, ends)
	}
	return c.bindFree(ctx, ends)
}

// bindFree binds all endpoints to one port of the system's choice.
//
// Which family asks first alternates: where thousands of ports are taken in one
// family alone, the system would offer the other one these very ports again and
// again. Sockets that were in vain stay open until the end for the same reason.
func (c Config) bindFree(ctx context.Context, ends []endpoint) binding {
	var vain []binding
	defer func() {
		for i := range vain {
			vain[i].close()
		}
	}()
	for try := 0; ; try++ {
		order := slices.Concat(ends[try%len(ends):], ends[:try%len(ends)])
		chosen := uint16(0)
		if try >= blindTries {
			chosen = dualPort()
		}
		b := c.bindAll(ctx, withPort(order, chosen))
		b.tries = try + 1
		if b.err == nil {
			slices.SortStableFunc(b.bound, func(x, y *net.TCPListener) int {
				return addrPort(x).Addr().Compare(addrPort(y).Addr())
			})
			return b
		}
		why := causeOf(b.err)
		clash := (why == inUse || why == forbidden) && (len(b.bound) > 0 || chosen != 0) ||
			errors.Is(b.err, errShadowed) // the system's own choice may be
		switch {
		case !clash:
			return b
		case b.tries == maxTries:
			b.failed = withPort([]endpoint{b.failed}, 0)[0] // no port would do, not this one
			return b
		}
		vain = append(vain, b)
	}
}

// dualPort returns a port that was free in both families a moment ago, or 0.
func dualPort() uint16 {
	port, err := probeBind(netip.IPv6Unspecified(), false)
	if err != nil {
		return 0
	}
	return port
}

// bindAll opens a socket for each endpoint, all with the port that the first
// one gets. It stops at the first refusal.
func (c Config) bindAll(ctx context.Context, ends []endpoint) (b binding) {
	for i := range ends {
		e := ends[i]
		ln, err := c.open(ctx, e)
		switch {
		case err == nil:
			b.bound = append(b.bound, ln)
			ends = withPort(ends, addrPort(ln).Port())
		case absent(e, err):
			b.skipped = append(b.skipped, Skip{e.network(), e.addr.String(), err})
		default:
			b.failed, b.err = e, err
			return b
		}
	}
	return b
}

func withPort(ends []endpoint, port uint16) []endpoint {
	ends = slices.Clone(ends)
	for i := range ends {
		ends[i].addr = netip.AddrPortFrom(ends[i].addr.Addr(), port)
	}
	return ends
}

// open opens the socket of one endpoint.
func (c Config) open(ctx context.Context, e endpoint) (*net.TCPListener, error) {
	if err := ctx.Err(); err != nil {
		return nil, &net.OpError{Op: "listen", Net: e.network(), Addr: net.TCPAddrFromAddrPort(e.addr), Err: err}
	}
	lc := net.ListenConfig{KeepAliveConfig: c.KeepAlive, Control: c.control}
	l, err := lc.Listen(ctx, e.network(), e.addr.String())
	if err != nil {
		return nil, err
	}
	ln := l.(*net.TCPListener)
	if !c.Shared {
		if err := lookForOverlap(addrPort(ln)); err != nil {
			ln.Close()
			return nil, &net.OpError{Op: "listen", Net: e.network(), Addr: ln.Addr(), Err: err}
		}
	}
	return ln, nil
}

// control prepares a socket before it is bound.
func (c Config) control(network, address string, conn syscall.RawConn) error {
	var err error
	if cerr := conn.Control(func(fd uintptr) { err = prepare(fd, network == "tcp6", !c.Shared) }); cerr != nil {
		return cerr
	}
	if err == nil && c.Control != nil {
		if err = c.Control(network, address, conn); err != nil {
			err = controlError{err}
		}
	}
	return err
}

// controlError is an error of the user's own: its number says nothing of a
// socket.
type controlError struct{ error }

func (e controlError) Unwrap() error { return e.error }

// absent says whether err means that the machine lacks e's family. An address
// that can't be had is proof of it only if it stands for the family, or if the
// family's loopback address can't be had either.
func absent(e endpoint, err error) bool {
	switch causeOf(err) {
	case noFamily:
		return e.from != literal
	case noAddress:
		return e.from == expanded || e.from == resolved && !hasLoopback(e.family())
	}
	return false
}

func hasLoopback(f Families) bool {
	a := netip.IPv6Loopback()
	if f == IPv4 {
		a = loopback4()
	}
	_, err := probeBind(a, true)
	why := causeOf(err) // a lack of descriptors proves nothing
	return why != noFamily && why != noAddress
}

var lookForOverlap = checkOverlap // swapped by tests

// errShadowed refuses a port that Windows would have given.
var errShadowed = errors.New("somebody listens on this port at an address that overlaps")

// overlaps says whether one of two sockets that listen on the same port is in
// the other's way: one at a specific address takes that address's traffic from
// one at the wildcard. Two at the same address never get as far as that.
func overlaps(a, b netip.AddrPort) bool {
	x, y := a.Addr(), b.Addr()
	return a.Port() == b.Port() && x.Is4() == y.Is4() && x.IsUnspecified() != y.IsUnspecified()
}
