package listen

import (
	"context"
	"errors"
	"io"
	"net/netip"
	"slices"
)

// The search for a port that is free in every family ends after this many tries. In the first few,
// the system chooses a port for each family in turn. After that the port comes from a dual-stack
// socket, for which the system checks both families at once.
const (
	maxTries   = 64
	blindTries = 4
)

// binding is the outcome of an attempt to bind every endpoint.
type binding struct {
	bound   []bound
	skipped []Skip
	failed  endpoint // the endpoint that err is about
	err     error
	ended   error // the context's error, if the port would have been tried again
	tries   int   // the tries needed to find a free port
}

// bound is a bound socket: a *net.TCPListener or a *net.UDPConn.
type bound struct {
	io.Closer
	addr netip.AddrPort
}

func (b *binding) close() {
	for _, s := range b.bound {
		s.Close()
	}
	b.bound = nil
}

func (b *binding) families() (f Families) {
	for _, s := range b.bound {
		f |= endpoint{addr: s.addr}.family()
	}
	return f
}

// bind opens a socket for each endpoint. If it fails, some sockets may remain open.
func (c Config) bind(ctx context.Context, ends []endpoint) binding {
	if ends[0].addr.Port() != 0 {
		return c.bindAll(ctx, ends)
	}
	return c.bindFree(ctx, ends)
}

// bindFree binds all endpoints to one port of the system's choice.
//
// The families alternate in asking first: if thousands of ports are taken in one family alone, the
// system would offer these very ports to the other family again and again. For the same reason the
// sockets of failed tries stay open until the end.
func (c Config) bindFree(ctx context.Context, ends []endpoint) binding {
	var failed []binding
	defer func() {
		for i := range failed {
			failed[i].close()
		}
	}()
	for try := 0; ; try++ {
		order := slices.Concat(ends[try%len(ends):], ends[:try%len(ends)])
		chosen := uint16(0)
		if try >= blindTries {
			chosen = dualPort(ends[0].proto)
		}
		b := c.bindAll(ctx, withPort(order, chosen))
		b.tries = try + 1
		if b.err == nil {
			slices.SortStableFunc(b.bound, func(x, y bound) int { return x.addr.Addr().Compare(y.addr.Addr()) })
			return b
		}
		why := causeOf(b.err)
		clash := (why == inUse || why == forbidden) && (len(b.bound) > 0 || chosen != 0) ||
			errors.Is(b.err, errShadowed) // the system may choose a shadowed port
		switch {
		case !clash:
			return b
		case b.tries == maxTries:
			b.failed = withPort([]endpoint{b.failed}, 0)[0] // the failure is not about this particular port
			return b
		}
		failed = append(failed, b)
	}
}

// dualPort returns a port that was free in both families a moment ago, or 0.
func dualPort(proto string) uint16 {
	port, err := probeBind(proto, netip.IPv6Unspecified(), false)
	if err != nil {
		return 0
	}
	return port
}

// bindAll opens a socket for each endpoint, all with the port that the first one gets. It stops at
// the first error.
func (c Config) bindAll(ctx context.Context, ends []endpoint) (b binding) {
	for i := range ends {
		e := ends[i]
		s, err := c.open(ctx, e)
		switch {
		case err == nil:
			b.bound = append(b.bound, s)
			ends = withPort(ends, s.addr.Port())
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

// absent reports whether err means that the machine lacks e's family. An unavailable address proves
// this only if it stands for the family, or if the family's loopback address is not available
// either.
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
	_, err := probeBind("tcp", a, true)
	why := causeOf(err) // a lack of descriptors proves nothing
	return why != noFamily && why != noAddress
}
