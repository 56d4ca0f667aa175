package listen

import (
	"cmp"
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/surefoot-go/surefoot/listen/internal/tcptable"
)

// Owner is a process that has a port.
type Owner struct {
	PID  int            // 0 if hidden from this account
	Name string         // the program's name, or ""
	Addr netip.AddrPort // on this machine
}

// String returns "nginx (pid 812) at 0.0.0.0:80".
func (o Owner) String() string { return o.who() + " at " + o.Addr.String() }

func (o Owner) who() string {
	switch {
	case o.PID == 0:
		return "a process that this account may not see"
	case o.Name == "":
		return fmt.Sprintf("pid %d", o.PID)
	}
	name := o.Name
	if strings.ContainsFunc(name, func(r rune) bool { return !strconv.IsPrint(r) }) {
		name = strconv.Quote(name) // a process chooses its name and could forge log lines
	}
	return fmt.Sprintf("%s (pid %d)", name, o.PID)
}

// Owners returns the processes that listen on a TCP port, sorted by PID, with each of their
// addresses. If none listens, it returns those with connections whose local port it is, including
// client connections.
//
// On Linux, Owners searches the descriptors of all processes in /proc; only root can read those of
// other accounts. On macOS it runs lsof, limited by ctx. On Windows it calls GetExtendedTcpTable,
// which needs no rights. On other systems the error matches [errors.ErrUnsupported]. If ctx ends,
// Owners returns its cause.
func Owners(ctx context.Context, port int) ([]Owner, error) {
	owners, _, err := ownersOf(ctx, "tcp", port)
	return owners, err
}

// ownersOf is like Owners and also reports whether the owners listen. network is "tcp" or "udp".
func ownersOf(ctx context.Context, network string, port int) (owners []Owner, listening bool, err error) {
	if port < 1 || port > 65535 {
		return nil, false, fmt.Errorf("listen: no such port: %d", port)
	}
	rows, err := tcptable.Rows(ctx, network, uint16(port))
	if err != nil {
		return nil, false, fmt.Errorf("listen: owners of port %d: %w", port, err)
	}
	rows, listening = tcptable.OfPort(rows, uint16(port))
	rows = tcptable.Identify(ctx, rows)
	if ctx.Err() != nil {
		return nil, false, fmt.Errorf("listen: owners of port %d: %w", port, context.Cause(ctx))
	}
	for _, r := range rows {
		owners = append(owners, Owner{r.PID, r.Name, r.Addr})
	}
	slices.SortFunc(owners, func(a, b Owner) int {
		return cmp.Or(cmp.Compare(a.PID, b.PID), a.Addr.Compare(b.Addr))
	})
	return slices.Compact(owners), listening, nil
}

// inTheWay returns the owners whose addresses prevent binding a.
func inTheWay(owners []Owner, a netip.Addr) []Owner {
	a = a.WithZone("") // not every system's table contains the zone
	var sure, perhaps []Owner
	for _, o := range owners {
		b := o.Addr.Addr().Unmap().WithZone("")
		switch {
		case a.Is4() == b.Is4() && (a == b || a.IsUnspecified() || b.IsUnspecified()):
			sure = append(sure, o)
		case a.Is4() && b.IsUnspecified(): // it may be a dual-stack socket
			perhaps = append(perhaps, o)
		}
	}
	if sure == nil {
		return perhaps
	}
	return sure
}
