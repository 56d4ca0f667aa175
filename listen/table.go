package listen

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"net/netip"
	"strconv"
	"strings"
)

// row is one TCP socket in a system's table.
type row struct {
	addr      netip.AddrPort // its end here
	listening bool
	pid       int    // if the table tells
	name      string // likewise
	inode     uint64 // Linux
}

// parseProcNet reads Linux's /proc/net/tcp or tcp6 (proc_net_tcp.rst). An
// address is printed as the machine's own 32-bit words. A socket that has been
// closed, such as one in TIME_WAIT, has the inode 0 and is left out.
func parseProcNet(text []byte, order binary.ByteOrder) []row {
	const stateListen = "0A"
	var rows []row
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
			rows = append(rows, row{addr: addr, listening: f[3] == stateListen, inode: inode})
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

// parseTCPTable reads what Windows' GetExtendedTcpTable fills in for the
// TCP_TABLE_OWNER_PID classes: a MIB_TCPTABLE_OWNER_PID, or a
// MIB_TCP6TABLE_OWNER_PID (Microsoft, tcpmib.h). Ports are in network order. A
// socket in TIME_WAIT is nobody's and is left out.
func parseTCPTable(buf []byte, ipv6 bool) []row {
	const stateListen, stateTimeWait = 2, 11
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
		s := binary.LittleEndian.Uint32(b[state:])
		if s == stateTimeWait {
			continue
		}
		a := netip.AddrFrom4([4]byte(b[4:]))
		if ipv6 {
			a = netip.AddrFrom16([16]byte(b))
			if scope := binary.LittleEndian.Uint32(b[16:]); scope != 0 {
				a = a.WithZone(strconv.FormatUint(uint64(scope), 10))
			}
		}
		rows = append(rows, row{
			addr:      netip.AddrPortFrom(a, binary.BigEndian.Uint16(b[port:])),
			listening: s == stateListen,
			pid:       int(binary.LittleEndian.Uint32(b[pid:])),
		})
	}
	return rows
}

// parseLsof reads what `lsof -nP -iTCP:PORT -F pctnT` prints: one field a line,
// the letter first. A process's fields come before those of its sockets; within
// a socket's, the state (T) comes last (lsof(8), "OUTPUT FOR OTHER PROGRAMS").
func parseLsof(text []byte) []row {
	var rows []row
	var r row
	var ipv6 bool
	for line := range bytes.Lines(text) {
		field := strings.TrimRight(string(line), "\r\n")
		if field == "" {
			continue
		}
		switch value := field[1:]; field[0] {
		case 'p':
			pid, _ := strconv.Atoi(value)
			r = row{pid: pid}
		case 'c':
			r.name = value
		case 't':
			ipv6 = value == "IPv6"
		case 'n':
			local, _, _ := strings.Cut(value, "->")
			if port, ok := strings.CutPrefix(local, "*:"); ok {
				local = "0.0.0.0:" + port
				if ipv6 {
					local = "[::]:" + port
				}
			}
			r.addr, _ = netip.ParseAddrPort(local)
		case 'T':
			if state, ok := strings.CutPrefix(value, "ST="); ok && r.addr.IsValid() {
				r.listening = state == "LISTEN"
				rows = append(rows, r)
				r.addr = netip.AddrPort{}
			}
		}
	}
	return rows
}
