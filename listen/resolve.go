package listen

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strconv"
	"strings"
)

// endpoint is one address to bind.
type endpoint struct {
	addr netip.AddrPort // never an IPv4-mapped one
	from origin
}

// origin tells where an endpoint comes from, which decides what its absence
// means.
type origin uint8

const (
	literal  origin = iota // the user wrote it
	expanded               // it stands for a family: an empty host or localhost
	resolved               // a name has it
)

func (e endpoint) network() string {
	if e.addr.Addr().Is4() {
		return "tcp4"
	}
	return "tcp6"
}

func (e endpoint) family() Families {
	if e.addr.Addr().Is4() {
		return IPv4
	}
	return IPv6
}

func familiesOf(ends []endpoint) (f Families) {
	for _, e := range ends {
		f |= e.family()
	}
	return f
}

// Swapped by tests. The program may set another default resolver at any time.
var (
	lookupNetIP = func(ctx context.Context, host string) ([]netip.Addr, error) {
		// Not LookupNetIP, which loses the zones that link-local addresses need.
		found, err := net.DefaultResolver.LookupIPAddr(ctx, host)
		var addrs []netip.Addr
		for _, ip := range found {
			if a, ok := netip.AddrFromSlice(ip.IP); ok {
				addrs = append(addrs, a.Unmap().WithZone(ip.Zone))
			}
		}
		return addrs, err
	}
	lookupPort = func(ctx context.Context, service string) (int, error) {
		return net.DefaultResolver.LookupPort(ctx, "tcp", service)
	}
)

var errNoPort = errors.New(`missing port: write "host:port", or ":0" for any free port`)

// resolve returns what address binds, IPv4 first.
func resolve(ctx context.Context, address string) ([]endpoint, error) {
	host, service, err := net.SplitHostPort(address)
	if err != nil {
		if _, err := netip.ParseAddr(strings.Trim(address, "[]")); err == nil || !strings.Contains(address, ":") {
			return nil, errNoPort
		}
		return nil, err
	}
	if service == "" {
		return nil, errNoPort
	}
	port, err := parsePort(ctx, service)
	if err != nil {
		return nil, err
	}
	addrs, from, err := hostAddrs(ctx, host)
	if err != nil {
		return nil, err
	}
	ends := make([]endpoint, len(addrs))
	for i, a := range addrs {
		ends[i] = endpoint{netip.AddrPortFrom(a, port), from}
	}
	return ends, nil
}

func parsePort(ctx context.Context, service string) (uint16, error) {
	if n, err := strconv.ParseUint(service, 10, 16); err == nil {
		return uint16(n), nil
	}
	n, err := lookupPort(ctx, service)
	return uint16(n), err
}

func hostAddrs(ctx context.Context, host string) ([]netip.Addr, origin, error) {
	switch {
	case host == "":
		return []netip.Addr{netip.IPv4Unspecified(), netip.IPv6Unspecified()}, expanded, nil
	case strings.EqualFold(strings.TrimSuffix(host, "."), "localhost"):
		return []netip.Addr{loopback4(), netip.IPv6Loopback()}, expanded, nil
	}
	a, err := netip.ParseAddr(host)
	switch {
	case err == nil && a.Is4In6() && a.Zone() != "":
		return nil, 0, errors.New("an IPv4 address has no zone: leave out %" + a.Zone())
	case err == nil:
		return []netip.Addr{a.Unmap()}, literal, nil
	}
	if strings.Contains(host, ":") { // can't be a name
		return nil, 0, err
	}
	found, err := lookupNetIP(ctx, host)
	if err != nil {
		return nil, 0, err
	}
	if len(found) == 0 {
		return nil, 0, errors.New(host + " has no address")
	}
	return sortAddrs(found), resolved, nil
}

// sortAddrs puts IPv4 before IPv6 and leaves out what it has seen.
func sortAddrs(addrs []netip.Addr) []netip.Addr {
	var v4, v6 []netip.Addr
	seen := map[netip.Addr]bool{}
	for _, a := range addrs {
		a = a.Unmap()
		switch {
		case seen[a]:
		case a.Is4():
			v4 = append(v4, a)
		default:
			v6 = append(v6, a)
		}
		seen[a] = true
	}
	return append(v4, v6...)
}
