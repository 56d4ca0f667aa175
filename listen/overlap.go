package listen

import (
	"context"
	"errors"
	"net/netip"
	"os"

	"github.com/surefoot-go/surefoot/listen/internal/tcptable"
)

// Swapped by tests.
var (
	lookForOverlap = checkOverlap
	needsLook      = mayOverlap
)

// errShadowed is the error for a port that the system would have allowed.
var errShadowed = errors.New("another socket has this port at an address that overlaps; Config.Shared would share the port")

// checkOverlap returns errShadowed for the socket that this process has just bound to a, if an
// overlapping socket was there before.
func checkOverlap(ctx context.Context, proto string, a netip.AddrPort) error {
	rows, err := tcptable.Listeners(ctx, proto, a.Addr().Is6(), a.Port())
	if err != nil {
		return nil // the port is bound: a check that can't be made is not an error
	}
	if overlapped(a, os.Getpid(), rows) {
		return errShadowed
	}
	return nil
}

// overlapped reports whether one of the rows overlaps this process's new socket at a, whose own row
// is among them. The rows are those of a's family on Windows, and of both families on macOS, which
// is only queried after it has rejected a without SO_REUSEADDR.
//
// A socket at a specific address takes that address's traffic from one at the wildcard. A second
// row with the same address is a dual-stack socket, which Windows lists in the tables of both
// families, and beside which it allows 0.0.0.0 to be bound (golang.org/issue/45150). macOS lists it
// as [::] only.
func overlapped(a netip.AddrPort, self int, rows []tcptable.Row) bool {
	own := 0
	for _, r := range rows {
		x, y := a.Addr().WithZone(""), r.Addr.Addr().WithZone("")
		switch {
		case a.Port() != r.Addr.Port():
		case x.Is4() && y == netip.IPv6Unspecified():
			if r.PID != self {
				return true
			}
		case x.Is4() != y.Is4():
		case x == y && r.PID != self:
			return true
		case x == y:
			own++
		case x.IsUnspecified() != y.IsUnspecified():
			return true
		}
	}
	return own > 1
}
