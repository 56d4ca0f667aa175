package tcptable

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"net/netip"
	"strconv"
	"strings"
)

// parseProcNet reads Linux's /proc/net/tcp, tcp6, udp or udp6 (proc_net_tcp.rst). An address is
// printed as the machine's own 32-bit words. A socket that has been closed, such as one in
// TIME_WAIT, has the inode 0 and is left out.
func parseProcNet(text []byte, order binary.ByteOrder) []Row {
	const (
		stateClose  = "07" // a UDP socket without a peer; a TCP socket in this state is not listed
		stateListen = "0A"
	)
	var rows []Row
	for line := range bytes.Lines(text) {
		f := strings.Fields(string(line))
		if len(f) < 10 {
			continue
		}
		addr, err := parseProcAddr(f[1], order)
		if err != nil {
			continue // the header
		}
		if inode, err := strconv.ParseUint(f[9], 10, 64); err == nil && inode != 0 {
			rows = append(rows, Row{Addr: addr, Listening: f[3] == stateListen || f[3] == stateClose, inode: inode})
		}
	}
	return rows
}

func parseProcAddr(s string, order binary.ByteOrder) (netip.AddrPort, error) {
	host, port, _ := strings.Cut(s, ":")
	b, err := hex.DecodeString(host)
	if err != nil {
		return netip.AddrPort{}, err
	}
	for i := 0; i+4 <= len(b); i += 4 {
		order.PutUint32(b[i:], binary.BigEndian.Uint32(b[i:]))
	}
	a, ok := netip.AddrFromSlice(b)
	if !ok {
		return netip.AddrPort{}, strconv.ErrSyntax
	}
	p, err := strconv.ParseUint(port, 16, 16)
	return netip.AddrPortFrom(a, uint16(p)), err
}

// layout holds the offsets of the fields in a table's rows; a missing field is at -1.
type layout struct{ size, addr, scope, port, state, pid int }

// parseTCPTable parses the result of Windows' GetExtendedTcpTable for the TCP_TABLE_OWNER_PID
// classes: a MIB_TCPTABLE_OWNER_PID, or a MIB_TCP6TABLE_OWNER_PID (Microsoft, tcpmib.h). A socket
// in TIME_WAIT has no owner and is omitted.
func parseTCPTable(buf []byte, ipv6 bool) []Row {
	if ipv6 {
		return parseTable(buf, layout{size: 56, addr: 0, scope: 16, port: 20, state: 48, pid: 52})
	}
	return parseTable(buf, layout{size: 24, state: 0, addr: 4, port: 8, pid: 20, scope: -1})
}

// parseUDPTable parses the result of GetExtendedUdpTable for UDP_TABLE_OWNER_PID: a
// MIB_UDPTABLE_OWNER_PID, or a MIB_UDP6TABLE_OWNER_PID (Microsoft, udpmib.h).
func parseUDPTable(buf []byte, ipv6 bool) []Row {
	if ipv6 {
		return parseTable(buf, layout{size: 28, addr: 0, scope: 16, port: 20, pid: 24, state: -1})
	}
	return parseTable(buf, layout{size: 12, addr: 0, port: 4, pid: 8, scope: -1, state: -1})
}

// parseTable parses the number of rows and the rows. Ports are in network order.
func parseTable(buf []byte, l layout) []Row {
	const stateListen, stateTimeWait = 2, 11
	if len(buf) < 4 {
		return nil
	}
	n := binary.LittleEndian.Uint32(buf)
	var rows []Row
	for b := buf[4:]; n > 0 && len(b) >= l.size; n, b = n-1, b[l.size:] {
		state := uint32(stateListen)
		if l.state >= 0 {
			state = binary.LittleEndian.Uint32(b[l.state:])
		}
		if state == stateTimeWait {
			continue
		}
		var a netip.Addr
		if l.scope < 0 {
			a = netip.AddrFrom4([4]byte(b[l.addr:]))
		} else {
			a = netip.AddrFrom16([16]byte(b[l.addr:]))
			if scope := binary.LittleEndian.Uint32(b[l.scope:]); scope != 0 {
				a = a.WithZone(strconv.FormatUint(uint64(scope), 10))
			}
		}
		rows = append(rows, Row{
			Addr:      netip.AddrPortFrom(a, binary.BigEndian.Uint16(b[l.port:])),
			Listening: state == stateListen,
			PID:       int(binary.LittleEndian.Uint32(b[l.pid:])),
		})
	}
	return rows
}

// parseLsof parses the output of `lsof -nP -iTCP:PORT -F pctPnT`: one field per line, starting with
// its letter. A process's fields come before those of its sockets. Within those of a TCP socket,
// the state (T) comes last; a UDP socket has none (lsof(8), "OUTPUT FOR OTHER PROGRAMS").
func parseLsof(text []byte) []Row {
	var rows []Row
	var r Row
	var ipv6, udp bool
	for line := range bytes.Lines(text) {
		field := strings.TrimRight(string(line), "\r\n")
		if field == "" {
			continue
		}
		switch value := field[1:]; field[0] {
		case 'p':
			pid, _ := strconv.Atoi(value)
			r = Row{PID: pid}
		case 'c':
			r.Name = strings.ReplaceAll(value, `\x20`, " ")
		case 't':
			ipv6, udp = value == "IPv6", false
		case 'P':
			udp = value == "UDP"
		case 'n':
			local, _, connected := strings.Cut(value, "->")
			if port, ok := strings.CutPrefix(local, "*:"); ok {
				local = "0.0.0.0:" + port
				if ipv6 {
					local = "[::]:" + port
				}
			}
			r.Addr, _ = netip.ParseAddrPort(local)
			if udp && r.Addr.IsValid() {
				r.Listening = !connected
				rows = append(rows, r)
				r.Addr = netip.AddrPort{}
			}
		case 'T':
			if state, ok := strings.CutPrefix(value, "ST="); ok && r.Addr.IsValid() {
				r.Listening = state == "LISTEN"
				rows = append(rows, r)
				r.Addr = netip.AddrPort{}
			}
		}
	}
	return rows
}
