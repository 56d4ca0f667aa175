package tcptable

import (
	"encoding/binary"
	"net/netip"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func read(t testing.TB, file string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", file))
	require.NoError(t, err)
	return text
}

func at(s string) netip.AddrPort { return netip.MustParseAddrPort(s) }

func TestParseProcNet(t *testing.T) {
	rows := parseProcNet(append(read(t, "proc-net-tcp.txt"), read(t, "proc-net-tcp6.txt")...), binary.LittleEndian)
	assert.Equal(t, []Row{
		{Addr: at("0.0.0.0:18100"), Listening: true, inode: 836466},
		{Addr: at("127.0.0.1:52180"), inode: 836473},
		{Addr: at("[::1]:18100"), Listening: true, inode: 836465},
		{Addr: at("[fe80::5054:ff:fe1d:adb6]:8080"), Listening: true, inode: 836999},
	}, rows, "not the connection that waits to be accepted, whose inode is 0")

	rows = parseProcNet(read(t, "proc-net-udp.txt"), binary.LittleEndian)
	assert.Equal(t, []Row{
		{Addr: at("127.0.0.1:5353"), Listening: true, inode: 7001},
		{Addr: at("127.0.0.1:40000"), inode: 7002},
	}, rows)

	// On s390x 127.0.0.1 is printed like this.
	big := parseProcNet([]byte(" 0: 7F000001:0050 00000000:0000 0A 0:0 00:0 0 0 0 7 1"), binary.BigEndian)
	assert.Equal(t, []Row{{Addr: at("127.0.0.1:80"), Listening: true, inode: 7}}, big)
}

func FuzzParseProcNet(f *testing.F) {
	f.Add(read(f, "proc-net-tcp.txt"))
	f.Add(read(f, "proc-net-tcp6.txt"))
	f.Add(read(f, "proc-net-udp.txt"))
	f.Add([]byte("0: 0100007:46B4 0:0 0A 0 0 0 0 0 1"))    // half a byte
	f.Add([]byte("0: 01:FFFFF 0:0 0A 0 0 0 0 0 1 1 1"))    // no address, no port
	f.Add([]byte("0: 0100007F 0:0 0A 0 0 0 0 0 -1 1 1\n")) // no colon, no inode
	f.Fuzz(func(t *testing.T, text []byte) {
		for _, r := range parseProcNet(text, binary.LittleEndian) {
			if !r.Addr.IsValid() || r.inode == 0 {
				t.Fatal(r)
			}
		}
	})
}

func TestParseLsof(t *testing.T) {
	want := []Row{
		{Addr: at("[::1]:18100"), Listening: true, PID: 6226, Name: "python3"},
		{Addr: at("0.0.0.0:18100"), Listening: true, PID: 6226, Name: "python3"},
		{Addr: at("127.0.0.1:52180"), PID: 6226, Name: "python3"},
		{Addr: at("[::]:18100"), Listening: true, PID: 7001, Name: "ControlCenter"},
	}
	assert.Equal(t, want, parseLsof(read(t, "lsof.txt")))
	rows, listening := OfPort(want, 18100)
	assert.True(t, listening)
	assert.Len(t, rows, 3)

	assert.Equal(t, []Row{
		{Addr: at("0.0.0.0:5353"), Listening: true, PID: 41, Name: "mDNS Responder"},
		{Addr: at("[::]:5353"), Listening: true, PID: 41, Name: "mDNS Responder"},
		{Addr: at("127.0.0.1:40000"), PID: 41, Name: "mDNS Responder"},
		{Addr: at("127.0.0.1:5353"), Listening: true, PID: 41, Name: "mDNS Responder"},
	}, parseLsof(read(t, "lsof-udp.txt")), "the last one is a TCP socket")
}

func FuzzParseLsof(f *testing.F) {
	f.Add(read(f, "lsof.txt"))
	f.Add(read(f, "lsof-udp.txt"))
	f.Add([]byte("TST=LISTEN\nn*:1\nTST=LISTEN\np\nnx\nTST=\nPUDP\nnx\n")) // out of order and empty
	f.Fuzz(func(t *testing.T, text []byte) {
		for _, r := range parseLsof(text) {
			if !r.Addr.IsValid() {
				t.Fatal(r)
			}
		}
	})
}

// tableOf builds a Windows table: the number of rows and the rows.
func tableOf(rows ...[]byte) []byte {
	table := binary.LittleEndian.AppendUint32(nil, uint32(len(rows)))
	for _, r := range rows {
		table = append(table, r...)
	}
	return table
}

func tcpRow(state uint32, ip [4]byte, port uint16, pid uint32) []byte {
	b := binary.LittleEndian.AppendUint32(nil, state)
	b = append(b, ip[:]...)
	b = binary.BigEndian.AppendUint16(b, port)
	b = append(b, 0xde, 0xad) // the port's upper half is not defined
	b = append(b, make([]byte, 8)...)
	return binary.LittleEndian.AppendUint32(b, pid)
}

func tcp6Row(state uint32, ip [16]byte, scope uint32, port uint16, pid uint32) []byte {
	b := binary.LittleEndian.AppendUint32(ip[:], scope)
	b = binary.BigEndian.AppendUint16(b, port)
	b = append(b, 0, 0)
	b = append(b, make([]byte, 24)...)
	b = binary.LittleEndian.AppendUint32(b, state)
	return binary.LittleEndian.AppendUint32(b, pid)
}

func udpRow(ip []byte, scope uint32, port uint16, pid uint32) []byte {
	b := append([]byte(nil), ip...)
	if len(ip) == 16 {
		b = binary.LittleEndian.AppendUint32(b, scope)
	}
	b = binary.BigEndian.AppendUint16(b, port)
	b = append(b, 0xde, 0xad)
	return binary.LittleEndian.AppendUint32(b, pid)
}

func TestParseTCPTable(t *testing.T) {
	four := tableOf(tcpRow(11, [4]byte{127, 0, 0, 1}, 8080, 0), tcpRow(2, [4]byte{127, 0, 0, 1}, 8080, 812), tcpRow(5, [4]byte{10, 0, 0, 5}, 50000, 4))
	assert.Equal(t, []Row{
		{Addr: at("127.0.0.1:8080"), Listening: true, PID: 812},
		{Addr: at("10.0.0.5:50000"), PID: 4},
	}, parseTCPTable(four, false))
	six := tableOf(
		tcp6Row(2, netip.IPv6Loopback().As16(), 0, 80, 4),
		tcp6Row(2, netip.MustParseAddr("fe80::1").As16(), 12, 81, 5))
	assert.Equal(t, []Row{
		{Addr: at("[::1]:80"), Listening: true, PID: 4},
		{Addr: at("[fe80::1%12]:81"), Listening: true, PID: 5},
	}, parseTCPTable(six, true))
	for n := range six {
		assert.LessOrEqual(t, len(parseTCPTable(six[:n], true)), 1, "cut off after %d bytes", n)
	}
}

func TestParseUDPTable(t *testing.T) {
	four := tableOf(udpRow([]byte{0, 0, 0, 0}, 0, 53, 812), udpRow([]byte{10, 0, 0, 5}, 0, 137, 4))
	assert.Equal(t, []Row{
		{Addr: at("0.0.0.0:53"), Listening: true, PID: 812},
		{Addr: at("10.0.0.5:137"), Listening: true, PID: 4},
	}, parseUDPTable(four, false))
	six := tableOf(udpRow(netip.IPv6Unspecified().AsSlice(), 0, 443, 4), udpRow(netip.MustParseAddr("fe80::1").AsSlice(), 12, 546, 5))
	assert.Equal(t, []Row{
		{Addr: at("[::]:443"), Listening: true, PID: 4},
		{Addr: at("[fe80::1%12]:546"), Listening: true, PID: 5},
	}, parseUDPTable(six, true))
	for n := range six {
		assert.LessOrEqual(t, len(parseUDPTable(six[:n], true)), 1, "cut off after %d bytes", n)
	}
}

func FuzzParseTCPTable(f *testing.F) {
	f.Add(tableOf(tcpRow(2, [4]byte{127, 0, 0, 1}, 8080, 812)), false)
	f.Add(tableOf(tcp6Row(2, netip.IPv6Loopback().As16(), 7, 80, 4)), true)
	f.Add(tableOf(udpRow([]byte{0, 0, 0, 0}, 0, 53, 812)), false)
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 0}, false) // announces more rows than there are
	f.Fuzz(func(t *testing.T, table []byte, ipv6 bool) {
		for _, r := range append(parseTCPTable(table, ipv6), parseUDPTable(table, ipv6)...) {
			if r.Addr.Addr().Is6() != ipv6 {
				t.Fatal(r)
			}
		}
	})
}

func TestOfPort(t *testing.T) {
	busy := []Row{{Addr: at("10.0.0.5:80")}, {Addr: at("10.0.0.5:81"), Listening: true}}
	rows, listening := OfPort(busy, 80)
	assert.False(t, listening)
	assert.Equal(t, busy[:1], rows)
}
