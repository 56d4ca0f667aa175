// Package tcptable reads a system's tables of TCP and UDP sockets and of the processes that have
// them.
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
	Addr      netip.AddrPort // its end here
	Listening bool           // or, in UDP, connected to no peer
	PID       int            // 0: the table does not tell
	Name      string         // of the process, or ""

	inode uint64 // Linux
}

// Rows returns the sockets of a network, "tcp" or "udp". Those of port are among them; others may
// be. Only the rows of Windows and macOS have their PID yet.
//
// ctx bounds the run of lsof on macOS.
func Rows(ctx context.Context, network string, port uint16) ([]Row, error) {
	return rows(ctx, network, port)
}

// Listeners returns the sockets that listen, with their PIDs: those of a family on Windows, and of
// both on macOS. Those of port are among them; others may be. On other systems, where sockets can't
// overlap or no table tells, the error is [errors.ErrUnsupported].
func Listeners(ctx context.Context, network string, ipv6 bool, port uint16) ([]Row, error) {
	return listeners(ctx, network, ipv6, port)
}

// Identify returns the rows with the process of each. On Linux a socket can have no process that
// this account may see, and, after a fork, several. When ctx ends, it stops looking.
func Identify(ctx context.Context, rows []Row) []Row { return identify(ctx, rows) }

// OfPort picks the rows of a port: those that listen, or if none does, the others.
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
