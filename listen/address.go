package listen

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// addressError is the error for an address that is not valid as written.
type addressError struct {
	reason string
	write  []string // the addresses probably meant
}

func (e *addressError) Error() string { return e.reason }

const noPort = `missing port: write "host:port", or ":0" for any free port`

// splitAddress splits host:port. For forms that other programs accept and this package doesn't, it
// returns an *addressError with the address to write.
func splitAddress(address string) (host, port string, err error) {
	if a := strings.TrimSpace(address); a != address {
		return "", "", &addressError{"the address has spaces around it", meant(a)}
	}
	if strings.Contains(address, "://") {
		return "", "", &addressError{"this is a URL, not an address", meant(fromURL(address))}
	}
	host, port, err = net.SplitHostPort(address)
	if err != nil {
		return "", "", cannotSplit(address, err)
	}
	if strings.Contains(port, "/") {
		port, _, _ = strings.Cut(port, "/")
		return "", "", &addressError{"an address has no path", meant(net.JoinHostPort(host, port))}
	}
	switch {
	case port == "":
		return "", "", &addressError{noPort, nil}
	case host == "*" || host == "+": // HTTP.sys, ASP.NET Core, Apache
		return "", "", &addressError{fmt.Sprintf("an empty host, not %q, stands for every address", host), []string{":" + port}}
	}
	return host, port, nil
}

// cannotSplit explains an address that is not host:port.
func cannotSplit(address string, err error) error {
	if n, perr := strconv.ParseUint(address, 10, 16); perr == nil {
		return &addressError{noPort, []string{fmt.Sprint(":", n)}}
	}
	if i := strings.LastIndexByte(address, ':'); i > 0 && !strings.ContainsAny(address, "[]") {
		// The last part is the port if the rest is an address without it; ::1:8080 is ambiguous.
		host, port := address[:i], address[i+1:]
		a, aerr := netip.ParseAddr(host)
		if _, perr := strconv.ParseUint(port, 10, 16); aerr == nil && perr == nil {
			write := meant(net.JoinHostPort(host, port))
			if bad, ok := checkZone(a, port, interfaces).(*addressError); ok {
				write = bad.write
			}
			return &addressError{"an IPv6 address stands in brackets", write}
		}
	}
	if _, aerr := netip.ParseAddr(strings.Trim(address, "[]")); aerr == nil || !strings.Contains(address, ":") {
		return &addressError{noPort, nil}
	}
	return err
}

// meant returns address as a suggestion if it is valid, or nil.
func meant(address string) []string {
	host, port, err := splitAddress(address)
	if bad, ok := err.(*addressError); ok {
		return bad.write
	}
	if _, perr := strconv.ParseUint(port, 10, 16); err != nil || perr != nil {
		return nil
	}
	return []string{net.JoinHostPort(host, port)}
}

// fromURL returns host:port of a URL, with the port of its scheme if it has none.
func fromURL(s string) string {
	scheme, rest, _ := strings.Cut(s, "://")
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		rest = rest[:i]
	}
	rest = rest[strings.LastIndexByte(rest, '@')+1:]
	if _, _, err := net.SplitHostPort(rest); err == nil {
		return rest
	}
	port := map[string]string{"http": "80", "https": "443", "ws": "80", "wss": "443"}[strings.ToLower(scheme)]
	if port == "" {
		return ""
	}
	return net.JoinHostPort(strings.Trim(rest, "[]"), port)
}

// An iface is an interface with its link-local addresses.
type iface struct {
	name  string
	index int
	addrs []netip.Addr // without zones
}

// checkZone returns an error if the link-local address a has no zone, or one that is not an
// interface of this machine. The system would just say "invalid argument".
func checkZone(a netip.Addr, port string, interfaces func() []iface) error {
	if !a.Is6() || !a.IsLinkLocalUnicast() {
		return nil
	}
	all := interfaces()
	zone, bare := a.Zone(), a.WithZone("")
	known := slices.ContainsFunc(all, func(i iface) bool { return i.name == zone || strconv.Itoa(i.index) == zone })
	if zone != "" && (known || all == nil) {
		return nil
	}
	// Prefer the interface that has the address, then those that could have it, then any.
	var has, could, others []string
	for _, i := range all {
		to := net.JoinHostPort(bare.WithZone(i.name).String(), port)
		switch {
		case slices.Contains(i.addrs, bare):
			has = append(has, to)
		case len(i.addrs) > 0:
			could = append(could, to)
		default:
			others = append(others, to)
		}
	}
	write := []string{net.JoinHostPort(bare.WithZone("INTERFACE").String(), port)}
	for _, to := range [][]string{others, could, has} {
		if to != nil {
			write = to
		}
	}
	if zone == "" {
		return &addressError{"a link-local address needs the interface that it is on", write}
	}
	return &addressError{fmt.Sprintf("this machine has no interface %q", zone), write}
}

// systemInterfaces returns this machine's interfaces, or nil if the system does not report them.
func systemInterfaces() []iface {
	all, err := net.Interfaces()
	if err != nil {
		return nil
	}
	var found []iface
	for _, i := range all {
		f := iface{name: i.Name, index: i.Index}
		addrs, _ := i.Addrs()
		for _, a := range addrs {
			if n, ok := a.(*net.IPNet); ok {
				if ip, ok := netip.AddrFromSlice(n.IP); ok && ip.Is6() && ip.IsLinkLocalUnicast() {
					f.addrs = append(f.addrs, ip)
				}
			}
		}
		found = append(found, f)
	}
	return found
}
