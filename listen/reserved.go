package listen

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
)

// PortRange is a range of TCP ports that Windows reserves.
type PortRange struct {
	First, Last  int
	Administered bool // reserved by an administrator; programs may bind on request
}

// String returns "50000-50059", with a * if the range is administered.
func (r PortRange) String() string {
	s := strconv.Itoa(r.First) + "-" + strconv.Itoa(r.Last)
	if r.Administered {
		s += "*"
	}
	return s
}

// Contains reports whether port is in the range.
func (r PortRange) Contains(port int) bool { return r.First <= port && port <= r.Last }

// Reserved returns the ranges of TCP ports that are excluded on Windows, for IPv4 or IPv6, in
// order. For Hyper-V, WSL and Docker, WinNAT excludes a hundred ports at a time, and different ones
// after each start. Binding such a port fails with WSAEACCES although no process has it
// (github.com/microsoft/WSL/issues/5306). Ports in an administered range can be bound.
//
// Reserved runs netsh. On other systems, which have no such ranges, the error matches
// [errors.ErrUnsupported].
func Reserved(ctx context.Context) ([]PortRange, error) { return reservedPorts(ctx, "tcp") }

// reservedPorts returns the ranges of a protocol, "tcp" or "udp".
func reservedPorts(ctx context.Context, proto string) ([]PortRange, error) {
	text, err := bothFamilies(func(family string) ([]byte, error) { return showExcluded(ctx, family, proto) })
	if err != nil {
		return nil, fmt.Errorf("listen: reserved ports: %w", err)
	}
	return parseReserved(text), nil
}

// bothFamilies returns the output of show for IPv4 and IPv6. If IPv6 has been removed, netsh fails
// for it, but its output for IPv4 is still valid.
func bothFamilies(show func(family string) ([]byte, error)) ([]byte, error) {
	text, err4 := show("ipv4")
	more, err6 := show("ipv6")
	if err4 != nil && err6 != nil {
		return nil, err4
	}
	return slices.Concat(text, more), nil
}

// parseReserved parses the output of `netsh interface ipv4 show excludedportrange`. Its words are
// in the user's language and code page, so only lines of two numbers, with a * for an administered
// range, are used.
func parseReserved(text []byte) []PortRange {
	var ranges []PortRange
	for line := range bytes.Lines(text) {
		f := bytes.Fields(line)
		administered := len(f) == 3 && string(f[2]) == "*"
		if len(f) != 2 && !administered {
			continue
		}
		first, err1 := strconv.ParseUint(string(f[0]), 10, 16)
		last, err2 := strconv.ParseUint(string(f[1]), 10, 16)
		if err1 != nil || err2 != nil || first == 0 || last < first {
			continue
		}
		ranges = append(ranges, PortRange{int(first), int(last), administered})
	}
	slices.SortFunc(ranges, func(a, b PortRange) int {
		return cmp.Or(cmp.Compare(a.First, b.First), cmp.Compare(a.Last, b.Last))
	})
	return slices.Compact(ranges) // the ranges of IPv4 and IPv6 are mostly the same
}

// reservedFor returns the range that prevents binding port.
func reservedFor(ranges []PortRange, port int) *PortRange {
	for _, r := range ranges {
		if r.Contains(port) && !r.Administered {
			return &r
		}
	}
	return nil
}

// nextOutside returns the first port >= port that is outside all ranges, or 0.
func nextOutside(ranges []PortRange, port int) int {
	for ; port <= 65535; port++ {
		r := reservedFor(ranges, port)
		if r == nil {
			return port
		}
		port = r.Last
	}
	return 0
}
