package listen

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/surefoot-go/surefoot/internal/testenv"
)

// holder listens on the given address, prints the port, and exits at the end of its input.
func holder(args []string) int {
	var addr net.Addr
	if strings.HasPrefix(args[0], "udp") {
		conn, err := net.ListenPacket(args[0], args[1])
		if err != nil {
			fmt.Println(err)
			return 1
		}
		addr = conn.LocalAddr()
	} else {
		ln, err := net.Listen(args[0], args[1])
		if err != nil {
			fmt.Println(err)
			return 1
		}
		addr = ln.Addr()
	}
	_, port, _ := net.SplitHostPort(addr.String())
	fmt.Println(port)
	os.Stdin.Read(make([]byte, 1))
	return 0
}

// startHolder returns the PID and the port of a process that listens.
func startHolder(t *testing.T, network, address string) (pid, port int) {
	t.Helper()
	return startHolderCommand(t, testenv.Command(t, "holder", network, address))
}

func startHolderCommand(t *testing.T, cmd *exec.Cmd) (pid, port int) {
	t.Helper()
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

func TestOwnersOfOtherProcess(t *testing.T) {
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
		{"0.0.0.0", at("[::]:80", "10.0.0.5:80"), at("10.0.0.5:80")}, // [::] is not a dual-stack socket
		{"127.0.0.1", at("[::]:80", "[::1]:80"), at("[::]:80")},      // [::] is a dual-stack socket
		{"127.0.0.1", at("[::ffff:127.0.0.1]:80"), at("[::ffff:127.0.0.1]:80")},
		{"::", at("0.0.0.0:80", "[::1]:80"), at("[::1]:80")},
		{"::1", at("0.0.0.0:80", "[::]:80"), at("[::]:80")},
		{"fe80::1%eth0", at("[fe80::1]:80", "[fe80::2]:80"), at("[fe80::1]:80")}, // Linux does not report the zone
		{"127.0.0.1", at("10.0.0.5:80"), nil},
	} {
		assert.Equal(t, tt.inTheWay, inTheWay(tt.owners, netip.MustParseAddr(tt.addr)), "%s, %v", tt.addr, tt.owners)
	}
}

// TestErrorNamesOwnersInTheWay has other processes listen on the port at other addresses. Hints must not
// suggest ending these.
func TestErrorNamesOwnersInTheWay(t *testing.T) {
	if runtime.GOOS != "linux" && runtime.GOOS != "windows" {
		t.Skip("127.0.0.2 does not exist, or the system does not report port owners")
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

func TestOwnerNameCannotForgeLine(t *testing.T) {
	o := Owner{812, "x\n\x1b[2Jlisten: ok", netip.MustParseAddrPort("0.0.0.0:80")}
	assert.Equal(t, `"x\n\x1b[2Jlisten: ok" (pid 812) at 0.0.0.0:80`, o.String())
}

func TestOwnersOfConnection(t *testing.T) {
	l := listenOn(t, "127.0.0.1:0")
	client, _ := dial(t, l, "127.0.0.1")
	port := client.LocalAddr().(*net.TCPAddr).Port
	owners, listening, err := ownersOf(t.Context(), "tcp", port)
	if errors.Is(err, errors.ErrUnsupported) {
		t.Skip(err)
	}
	require.NoError(t, err)
	assert.False(t, listening)
	require.Len(t, owners, 1)
	assert.Equal(t, os.Getpid(), owners[0].PID)
}

func TestOwnersOfFreePort(t *testing.T) {
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
