package listen

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/surefoot-go/surefoot/internal/testenv"
)

func read(t testing.TB, file string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", file))
	require.NoError(t, err)
	return text
}

func TestParseProcNet(t *testing.T) {
	rows := parseProcNet(append(read(t, "proc-net-tcp.txt"), read(t, "proc-net-tcp6.txt")...), binary.LittleEndian)
	assert.Equal(t, []row{
		{addr: netip.MustParseAddrPort("0.0.0.0:18100"), listening: true, inode: 836466},
		{addr: netip.MustParseAddrPort("127.0.0.1:52180"), inode: 836473},
		{addr: netip.MustParseAddrPort("[::1]:18100"), listening: true, inode: 836465},
		{addr: netip.MustParseAddrPort("[fe80::5054:ff:fe1d:adb6]:8080"), listening: true, inode: 836999},
	}, rows, "not the connection that waits to be accepted, whose inode is 0")

	// As s390x prints 127.0.0.1.
	big := parseProcNet([]byte(" 0: 7F000001:0050 00000000:0000 0A 0:0 00:0 0 0 0 7 1"), binary.BigEndian)
	assert.Equal(t, []row{{addr: netip.MustParseAddrPort("127.0.0.1:80"), listening: true, inode: 7}}, big)
}

func FuzzParseProcNet(f *testing.F) {
	f.Add(read(f, "proc-net-tcp.txt"))
	f.Add(read(f, "proc-net-tcp6.txt"))
	f.Add([]byte("0: 0100007:46B4 0:0 0A 0 0 0 0 0 1"))    // half a byte
	f.Add([]byte("0: 01:FFFFF 0:0 0A 0 0 0 0 0 1 1 1"))    // no address, no port
	f.Add([]byte("0: 0100007F 0:0 0A 0 0 0 0 0 -1 1 1\n")) // no colon, no inode
	f.Fuzz(func(t *testing.T, text []byte) {
		for _, r := range parseProcNet(text, binary.LittleEndian) {
			if !r.addr.IsValid() || r.inode == 0 {
				t.Fatal(r)
			}
		}
	})
}

func TestParseLsof(t *testing.T) {
	want := []row{
		{addr: netip.MustParseAddrPort("[::1]:18100"), listening: true, pid: 6226, name: "python3"},
		{addr: netip.MustParseAddrPort("0.0.0.0:18100"), listening: true, pid: 6226, name: "python3"},
		{addr: netip.MustParseAddrPort("127.0.0.1:52180"), pid: 6226, name: "python3"},
		{addr: netip.MustParseAddrPort("[::]:18100"), listening: true, pid: 7001, name: "ControlCenter"},
	}
	assert.Equal(t, want, parseLsof(read(t, "lsof.txt")))
	rows, listening := ofPort(want, 18100)
	assert.True(t, listening)
	assert.Len(t, rows, 3)
}

func FuzzParseLsof(f *testing.F) {
	f.Add(read(f, "lsof.txt"))
	f.Add([]byte("TST=LISTEN\nn*:1\nTST=LISTEN\np\nnx\nTST=\n")) // out of order and empty
	f.Fuzz(func(t *testing.T, text []byte) {
		for _, r := range parseLsof(text) {
			if !r.addr.IsValid() {
				t.Fatal(r)
			}
		}
	})
}

// tcpTableOf builds a MIB_TCPTABLE_OWNER_PID.
func tcpTableOf(rows ...[]byte) []byte {
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

func TestParseTCPTable(t *testing.T) {
	four := tcpTableOf(tcpRow(11, [4]byte{127, 0, 0, 1}, 8080, 0), tcpRow(2, [4]byte{127, 0, 0, 1}, 8080, 812), tcpRow(5, [4]byte{10, 0, 0, 5}, 50000, 4))
	assert.Equal(t, []row{
		{addr: netip.MustParseAddrPort("127.0.0.1:8080"), listening: true, pid: 812},
		{addr: netip.MustParseAddrPort("10.0.0.5:50000"), pid: 4},
	}, parseTCPTable(four, false))
	six := tcpTableOf(
		tcp6Row(2, netip.IPv6Loopback().As16(), 0, 80, 4),
		tcp6Row(2, netip.MustParseAddr("fe80::1").As16(), 12, 81, 5))
	assert.Equal(t, []row{
		{addr: netip.MustParseAddrPort("[::1]:80"), listening: true, pid: 4},
		{addr: netip.MustParseAddrPort("[fe80::1%12]:81"), listening: true, pid: 5},
	}, parseTCPTable(six, true))
	for n := range six {
		assert.LessOrEqual(t, len(parseTCPTable(six[:n], true)), 1, "cut off after %d bytes", n)
	}
}

func FuzzParseTCPTable(f *testing.F) {
	f.Add(tcpTableOf(tcpRow(2, [4]byte{127, 0, 0, 1}, 8080, 812)), false)
	f.Add(tcpTableOf(tcp6Row(2, netip.IPv6Loopback().As16(), 7, 80, 4)), true)
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 0}, false) // promises more than there is
	f.Fuzz(func(t *testing.T, table []byte, ipv6 bool) {
		for _, r := range parseTCPTable(table, ipv6) {
			if r.addr.Addr().Is6() != ipv6 {
				t.Fatal(r)
			}
		}
	})
}

// holder listens on the address it is given, prints the port, and ends with its
// input.
func holder(args []string) int {
	ln, err := net.Listen(args[0], args[1])
	if err != nil {
		fmt.Println(err)
		return 1
	}
	fmt.Println(ln.Addr().(*net.TCPAddr).Port)
	os.Stdin.Read(make([]byte, 1))
	return 0
}

// startHolder returns the PID and the port of a process that listens.
func startHolder(t *testing.T, network, address string) (pid, port int) {
	t.Helper()
	cmd := testenv.Command(t, "holder", network, address)
	stdin, err := cmd.StdinPipe()
	require.NoError(t, err)
	stdout, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() { stdin.Close(); cmd.Wait() })
	_, err = fmt.Fscan(stdout, &port)
	require.NoError(t, err)
	return cmd.Process.Pid, port
}

func TestOwnersNamesAnotherProcess(t *testing.T) {
	pid, port := startHolder(t, "tcp4", "127.0.0.1:0")
	owners, err := Owners(t.Context(), port)
	if errors.Is(err, errors.ErrUnsupported) {
		t.Skip(err)
	}
	require.NoError(t, err)
	require.Len(t, owners, 1)
	assert.Equal(t, pid, owners[0].PID)
	assert.Equal(t, netip.MustParseAddrPort(fmt.Sprint("127.0.0.1:", port)), owners[0].Addr)
	exe, err := os.Executable()
	require.NoError(t, err)
	require.NotEmpty(t, owners[0].Name)
	assert.True(t, strings.HasPrefix(filepath.Base(exe), owners[0].Name), "%q is not %q", owners[0].Name, exe)

	_, err = Dual(fmt.Sprint("localhost:", port))
	require.ErrorIs(t, err, ErrInUse)
	var refused *Error
	require.ErrorAs(t, err, &refused)
	assert.Equal(t, owners, refused.Owners)
	assert.Contains(t, err.Error(), owners[0].String())
	require.NotEmpty(t, refused.Hints)
	assert.Contains(t, refused.Hints[0], fmt.Sprint(pid))
}

func TestInTheWay(t *testing.T) {
	at := func(addrs ...string) (owners []Owner) {
		for _, a := range addrs {
			owners = append(owners, Owner{Addr: netip.MustParseAddrPort(a)})
		}
		return owners
	}
	for _, tt := range []struct {
		addr     string
		owners   []Owner
		inTheWay []Owner
	}{
		{"127.0.0.2", at("127.0.0.1:80", "127.0.0.2:80"), at("127.0.0.2:80")},
		{"127.0.0.2", at("127.0.0.1:80", "0.0.0.0:80"), at("0.0.0.0:80")},
		{"0.0.0.0", at("127.0.0.1:80", "[::1]:80"), at("127.0.0.1:80")},
		{"0.0.0.0", at("[::]:80", "10.0.0.5:80"), at("10.0.0.5:80")}, // so [::] is not a dual-stack socket
		{"127.0.0.1", at("[::]:80", "[::1]:80"), at("[::]:80")},      // it is one
		{"127.0.0.1", at("[::ffff:127.0.0.1]:80"), at("[::ffff:127.0.0.1]:80")},
		{"::", at("0.0.0.0:80", "[::1]:80"), at("[::1]:80")},
		{"::1", at("0.0.0.0:80", "[::]:80"), at("[::]:80")},
		{"fe80::1%eth0", at("[fe80::1]:80", "[fe80::2]:80"), at("[fe80::1]:80")}, // Linux tells no zone
		{"127.0.0.1", at("10.0.0.5:80"), nil},
	} {
		assert.Equal(t, tt.inTheWay, inTheWay(tt.owners, netip.MustParseAddr(tt.addr)), "%s, %v", tt.addr, tt.owners)
	}
}

// TestNamesWhoIsInTheWay has other processes listen on the port at addresses of
// their own, which a hint to end one must not name.
func TestNamesWhoIsInTheWay(t *testing.T) {
	if runtime.GOOS != "linux" && runtime.GOOS != "windows" {
		t.Skip("127.0.0.2 is not there, or nobody tells whose a port is")
	}
	_, port := startHolder(t, "tcp4", "127.0.0.1:0")
	pid, _ := startHolder(t, "tcp4", fmt.Sprint("127.0.0.2:", port))
	startHolder(t, "tcp4", fmt.Sprint("127.0.0.3:", port))
	_, err := Dual(fmt.Sprint("127.0.0.2:", port))
	var refused *Error
	require.ErrorAs(t, err, &refused)
	require.ErrorIs(t, err, ErrInUse)
	require.Len(t, refused.Owners, 1)
	assert.Equal(t, pid, refused.Owners[0].PID)
}

func TestOwnerNameCannotForgeALine(t *testing.T) {
	o := Owner{812, "x\n\x1b[2Jlisten: ok", netip.MustParseAddrPort("0.0.0.0:80")}
	assert.Equal(t, `"x\n\x1b[2Jlisten: ok" (pid 812) at 0.0.0.0:80`, o.String())
}

func TestOwnersOfAConnection(t *testing.T) {
	l := listenOn(t, "127.0.0.1:0")
	client, _ := dial(t, l, "127.0.0.1")
	port := client.LocalAddr().(*net.TCPAddr).Port
	owners, listening, err := ownersOf(t.Context(), port)
	if errors.Is(err, errors.ErrUnsupported) {
		t.Skip(err)
	}
	require.NoError(t, err)
	assert.False(t, listening)
	require.Len(t, owners, 1)
	assert.Equal(t, os.Getpid(), owners[0].PID)
}

func TestOwnersOfNothing(t *testing.T) {
	l := listenOn(t, "127.0.0.1:0")
	port := portOf(l)
	l.Close()
	owners, err := Owners(t.Context(), port)
	if errors.Is(err, errors.ErrUnsupported) {
		t.Skip(err)
	}
	require.NoError(t, err)
	assert.Empty(t, owners)
	for _, port := range []int{-1, 0, 65536} {
		_, err = Owners(t.Context(), port)
		assert.ErrorContains(t, err, fmt.Sprint(port))
	}
}

func TestOwnersContext(t *testing.T) {
	l := listenOn(t, "127.0.0.1:0")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := Owners(ctx, portOf(l))
	if errors.Is(err, errors.ErrUnsupported) {
		t.Skip(err)
	}
	assert.ErrorIs(t, err, context.Canceled)
}

func TestProbe(t *testing.T) {
	s := Probe()
	t.Log(s)
	assert.True(t, s.IPv4)
	assert.Equal(t, hasLoopback(IPv6), s.Loopback6)
	if runtime.GOOS == "windows" {
		assert.True(t, s.BindV6Only)
	}
	assert.Equal(t, len(s.Notes) == 0, s.IPv4 && s.IPv6 && s.Loopback6 && s.V4Mapped, "a note for each thing that is not there")
}

func TestStackString(t *testing.T) {
	assert.Equal(t, "IPv4, IPv6, [::1], v4-mapped, bindv6only=0", Stack{IPv4: true, IPv6: true, Loopback6: true, V4Mapped: true}.String())
	assert.Equal(t, "IPv4, IPv6, no [::1], no v4-mapped, bindv6only=1 ([::1]: gone; v4-mapped: no)",
		Stack{IPv4: true, IPv6: true, BindV6Only: true, Notes: []string{"[::1]: gone", "v4-mapped: no"}}.String())
}
