// Package tcptable reads a system's tables of TCP and UDP sockets and the processes that own them.
//
// Linux has the tables in /proc and Windows behind GetExtendedTcpTable and GetExtendedUdpTable; on
// macOS lsof prints them. On other systems every function returns [errors.ErrUnsupported]. The
// parsers are pure functions and run everywhere.
package tcptable

import (
	"context"
	"net/netip"
)

// A Row is one socket of a table.
type Row struct {
	Addr      netip.AddrPort // the local address
	Listening bool           // or, in UDP, connected to no peer
	PID       int            // 0: not in the table
	Name      string         // of the process, or ""

	inode uint64 // Linux
}

// Rows returns the sockets of a network, "tcp" or "udp". They include those of port and possibly
// others. Only rows from Windows and macOS already have a PID.
//
// On macOS ctx limits the run of lsof.
func Rows(ctx context.Context, network string, port uint16) ([]Row, error) {
	return rows(ctx, network, port)
}

// Listeners returns the listening sockets with their PIDs: those of one family on Windows, and of
// both on macOS. They include those of port and possibly others. On other systems, where sockets
// can't overlap or no table shows them, the error is [errors.ErrUnsupported].
func Listeners(ctx context.Context, network string, ipv6 bool, port uint16) ([]Row, error) {
	return listeners(ctx, network, ipv6, port)
}

// Identify returns the rows with the process of each. On Linux a socket may have no process visible
// to this account, or several after a fork. Identify stops when ctx ends.
func Identify(ctx context.Context, rows []Row) []Row { return identify(ctx, rows) }

// OfPort returns the rows of a port: the listening ones, or the others if none listens.
func OfPort(rows []Row, port uint16) (picked []Row, listening bool) {
	var busy []Row
	for _, r := range rows {
		switch {
		case r.Addr.Port() != port:
		case r.Listening:
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
