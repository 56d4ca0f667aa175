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
	addr  netip.AddrPort // never an IPv4-mapped one
	from  origin
	proto string // "tcp" or "udp"
}

// origin is where an endpoint comes from, which determines the meaning of its absence.
type origin uint8

const (
	literal  origin = iota // the caller wrote it
	expanded               // it stands for a family: an empty host or localhost
	resolved               // a name resolved to it
)

func (e endpoint) network() string {
	if e.addr.Addr().Is4() {
		return e.proto + "4"
	}
	return e.proto + "6"
}

func (e endpoint) family() Families {
	if e.addr.Addr().Is4() {
		return IPv4
	}
	return IPv6
}

// netAddr returns addr as the net package's type for e's network.
func (e endpoint) netAddr(addr netip.AddrPort) net.Addr {
	if e.proto == "udp" {
		return net.UDPAddrFromAddrPort(addr)
	}
	return net.TCPAddrFromAddrPort(addr)
}

func familiesOf(ends []endpoint) (f Families) {
	for _, e := range ends {
		f |= e.family()
	}
	return f
}

// Swapped by tests. A function, because the program may set another default resolver at any time.
var (
	lookupNetIP = func(ctx context.Context, host string) ([]netip.Addr, error) {
		// Don't use LookupNetIP, which loses the zones that link-local addresses need.
		found, err := net.DefaultResolver.LookupIPAddr(ctx, host)
		var addrs []netip.Addr
		for _, ip := range found {
			if a, ok := netip.AddrFromSlice(ip.IP); ok {
				addrs = append(addrs, a.Unmap().WithZone(ip.Zone))
			}
		}
		return addrs, err
	}
	lookupPort = func(ctx context.Context, proto, service string) (int, error) {
		return net.DefaultResolver.LookupPort(ctx, proto, service)
	}
	interfaces = systemInterfaces
)

// resolve returns the endpoints that address stands for, IPv4 first. proto is "tcp" or "udp".
func resolve(ctx context.Context, proto, address string) ([]endpoint, error) {
	host, service, err := splitAddress(address)
	if err != nil {
		return nil, err
	}
	port, err := parsePort(ctx, proto, service)
	if err != nil {
		return nil, err
	}
	addrs, from, err := hostAddrs(ctx, host, service)
	if err != nil {
		return nil, err
	}
	ends := make([]endpoint, len(addrs))
	for i, a := range addrs {
		ends[i] = endpoint{netip.AddrPortFrom(a, port), from, proto}
	}
	return ends, nil
}

func parsePort(ctx context.Context, proto, service string) (uint16, error) {
	if n, err := strconv.ParseUint(service, 10, 16); err == nil {
		return uint16(n), nil
	}
	n, err := lookupPort(ctx, proto, service)
	return uint16(n), err
}

func hostAddrs(ctx context.Context, host, service string) ([]netip.Addr, origin, error) {
	switch {
	case host == "":
		return []netip.Addr{netip.IPv4Unspecified(), netip.IPv6Unspecified()}, expanded, nil
	case isLocalhost(host):
		return []netip.Addr{loopback4(), netip.IPv6Loopback()}, expanded, nil
	}
	a, err := netip.ParseAddr(host)
	switch {
	case err == nil && a.Is4In6() && a.Zone() != "":
		return nil, 0, &addressError{"an IPv4 address has no zone", []string{net.JoinHostPort(a.Unmap().String(), service)}}
	case err == nil && a.IsLinkLocalUnicast() && !a.Is4() && !a.Is4In6():
		return []netip.Addr{a}, literal, checkZone(a, service, interfaces)
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

// isLocalhost reports whether a name stands for the loopback addresses: localhost itself and names
// that end in .localhost (RFC 6761, 6.3).
func isLocalhost(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	return host == "localhost" || strings.HasSuffix(host, ".localhost")
}

// sortAddrs sorts IPv4 before IPv6 and removes duplicates.
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
