package listen

import (
	"encoding/binary"
	"net/netip"
	"strconv"
)

// row is one TCP socket of the system's table.
type row struct {
	addr      netip.AddrPort
	listening bool
	pid       int    // Windows
	inode     uint64 // Linux
}

// parseTCPTable reads what GetExtendedTcpTable returns for TCP_TABLE_OWNER_PID_*:
// a MIB_TCPTABLE_OWNER_PID, or for IPv6 a MIB_TCP6TABLE_OWNER_PID (Microsoft,
// tcpmib.h). Ports are in network order.
func parseTCPTable(buf []byte, ipv6 bool) []row {
	const stateListen = 2
	size, state, port, pid := 24, 0, 8, 20
	if ipv6 {
		size, state, port, pid = 56, 48, 20, 52
	}
	if len(buf) < 4 {
		return nil
	}
	n := binary.LittleEndian.Uint32(buf)
	var rows []row
	for b := buf[4:]; n > 0 && len(b) >= size; n, b = n-1, b[size:] {
		var a netip.Addr
		if ipv6 {
			a = netip.AddrFrom16([16]byte(b))
			if scope := binary.LittleEndian.Uint32(b[16:]); scope != 0 {
				a = a.WithZone(strconv.FormatUint(uint64(scope), 10))
			}
		} else {
			a = netip.AddrFrom4([4]byte(b[4:]))
		}
		rows = append(rows, row{
			addr:      netip.AddrPortFrom(a, binary.BigEndian.Uint16(b[port:])),
			listening: binary.LittleEndian.Uint32(b[state:]) == stateListen,
			pid:       int(binary.LittleEndian.Uint32(b[pid:])),
		})
	}
	return rows
}
