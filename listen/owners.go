package listen

import (
	"cmp"
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// Owner is a process that has a TCP port.
type Owner struct {
	PID  int            // 0: this account may not see it
	Name string         // of the program, or ""
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
		name = strconv.Quote(name) // a process chooses its name, and could forge lines of a log
	}
	return fmt.Sprintf("%s (pid %d)", name, o.PID)
}

// Owners returns the processes that listen on a TCP port, by PID, with each
// address that they have. If none listens, it returns those whose connections
// have the port at this end; a client's connection can be one of these.
//
// It costs a look through all processes' descriptors on Linux (from /proc; those
// of other accounts are for root to see) and a run of lsof on macOS; on Windows
// it asks GetExtendedTcpTable, which tells everybody. On other systems the
// error matches [errors.ErrUnsupported]. When ctx ends, Owners returns its cause.
func Owners(ctx context.Context, port int) ([]Owner, error) {
	owners, _, err := ownersOf(ctx, port)
	return owners, err
}

// ownersOf also says whether the owners listen.
func ownersOf(ctx context.Context, port int) (owners []Owner, listening bool, err error) {
	if port < 1 || port > 65535 {
		return nil, false, fmt.Errorf("listen: no such port: %d", port)
	}
	rows, err := tcpRows(ctx, uint16(port))
	if err != nil {
		return nil, false, fmt.Errorf("listen: who has port %d: %w", port, err)
	}
	rows, listening = ofPort(rows, uint16(port))
	rows = identify(ctx, rows)
	if ctx.Err() != nil {
		return nil, false, fmt.Errorf("listen: who has port %d: %w", port, context.Cause(ctx))
	}
	for _, r := range rows {
		owners = append(owners, Owner{r.pid, r.name, r.addr})
	}
	slices.SortFunc(owners, func(a, b Owner) int {
		return cmp.Or(cmp.Compare(a.PID, b.PID), a.Addr.Compare(b.Addr))
	})
	return slices.Compact(owners), listening, nil
}

// inTheWay picks the owners whose addresses keep a from being bound.
func inTheWay(owners []Owner, a netip.Addr) []Owner {
	a = a.WithZone("") // not every system's table has the zone
	var sure, perhaps []Owner
	for _, o := range owners {
		b := o.Addr.Addr().Unmap().WithZone("")
		switch {
		case a.Is4() == b.Is4() && (a == b || a.IsUnspecified() || b.IsUnspecified()):
			sure = append(sure, o)
		case a.Is4() && b.IsUnspecified(): // if it is a dual-stack socket
			perhaps = append(perhaps, o)
		}
	}
	if sure == nil {
		return perhaps
	}
	return sure
}

// ofPort picks the rows of a port: those that listen, or else the others.
func ofPort(rows []row, port uint16) (picked []row, listening bool) {
	var busy []row
	for _, r := range rows {
		switch {
		case r.addr.Port() != port:
		case r.listening:
			picked = append(picked, r)
		default:
			busy = append(busy, r)
		}
	}
	if picked == nil {
		return busy, false
	}
	return picked, true
}
