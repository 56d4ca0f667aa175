package listen

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/surefoot-go/surefoot/internal/testenv"
	"golang.org/x/sys/unix"
)

var systemHelpers = map[string]func([]string) int{
	"exhaust":      exhaust,
	"without IPv6": withoutIPv6,
	"without set":  withoutSetsockopt,
	"port 80":      listen80,
	"process 1":    processOne,
	"accepts":      accepts,
	"refused":      refusedHelper,
}

// TestWithoutIPv6 denies a process address family 10, like a kernel without IPv6.
func TestWithoutIPv6(t *testing.T) {
	runHelper(t, "without IPv6")
}

func withoutIPv6([]string) int {
	return inSandbox(unix.SYS_SOCKET, 0, unix.AF_INET6, unix.EAFNOSUPPORT, func() error {
		s := Probe()
		if s.IPv6 || s.Loopback6 || s.V4Mapped || !s.IPv4 || len(s.Notes) != 1 {
			return fmt.Errorf("probed: %v", s)
		}
		for _, address := range []string{":0", "localhost:0"} {
			l, err := Dual(address)
			if err != nil {
				return err
			}
			defer l.Close()
			skipped := l.Skipped()
			if len(l.Addrs()) != 1 || len(skipped) != 1 || skipped[0].Network != "tcp6" || !errors.Is(skipped[0].Err, unix.EAFNOSUPPORT) {
				return fmt.Errorf("%s: bound %v, skipped %v", address, l.Addrs(), skipped)
			}
			c, err := net.Dial("tcp", fmt.Sprint("127.0.0.1:", portOf(l)))
			if err != nil {
				return err
			}
			defer c.Close()
			server, err := l.Accept()
			if err != nil {
				return err
			}
			server.Close()
		}
		if _, err := (Config{Require: IPv6}).Listen(context.Background(), ":0"); !errors.Is(err, ErrNoFamily) || !errors.Is(err, unix.EAFNOSUPPORT) {
			return fmt.Errorf("IPv6 required: %w", err)
		}
		for _, address := range []string{"[::]:0", "[::1]:0"} {
			if _, err := Dual(address); !errors.Is(err, ErrNoFamily) {
				return fmt.Errorf("%s: %w", address, err)
			}
		}
		return nil
	})
}

// TestWithoutSetsockopt denies a process setting V6ONLY. If it is off by default, an IPv6 socket
// would also accept IPv4 connections.
func TestWithoutSetsockopt(t *testing.T) {
	if !testenv.InNetNS(t) {
		return
	}
	for _, v6only := range []string{"0", "1"} {
		require.NoError(t, os.WriteFile("/proc/sys/net/ipv6/bindv6only", []byte(v6only), 0))
		runHelper(t, "without set", v6only)
	}
}

func withoutSetsockopt(args []string) int {
	return inSandbox(unix.SYS_SETSOCKOPT, 2, unix.IPV6_V6ONLY, unix.EPERM, func() error {
		l, err := Dual(":0")
		if args[0] == "0" {
			if !errors.Is(err, ErrDenied) {
				return fmt.Errorf("default off: %w", err)
			}
			return nil
		}
		if err != nil {
			return err
		}
		defer l.Close()
		if n := len(l.Addrs()); n != 2 {
			return fmt.Errorf("default on: bound %v, skipped %v", l.Addrs(), l.Skipped())
		}
		return nil
	})
}

func runHelper(t *testing.T, name string, args ...string) {
	t.Helper()
	out, err := testenv.Command(t, name, args...).CombinedOutput()
	if bytes.HasPrefix(out, []byte(noSandbox)) {
		t.Skipf("%s", out)
	}
	require.NoError(t, err, "%s", out)
}

const noSandbox = "no seccomp: "

// inSandbox runs f with a filter that makes the system call fail if its argument has that value,
// and returns the helper's exit code.
func inSandbox(call uint32, arg, value uint32, errno unix.Errno, f func() error) int {
	const (
		load   = unix.BPF_LD | unix.BPF_W | unix.BPF_ABS
		equal  = unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K
		answer = unix.BPF_RET | unix.BPF_K
		args   = 16 // in struct seccomp_data; 64 bits each
	)
	filter := []unix.SockFilter{
		{Code: load, K: 0}, // the call's number
		{Code: equal, K: call, Jf: 3},
		{Code: load, K: args + 8*arg},
		{Code: equal, K: value, Jf: 1},
		{Code: answer, K: unix.SECCOMP_RET_ERRNO | uint32(errno)},
		{Code: answer, K: unix.SECCOMP_RET_ALLOW},
	}
	if runtime.GOARCH == "386" || runtime.GOARCH == "s390x" {
		fmt.Println(noSandbox, "socketcall(2) hides the call")
		return 1
	}
	prog := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
	if err == nil {
		_, _, e := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_TSYNC, uintptr(unsafe.Pointer(&prog)))
		runtime.KeepAlive(&filter)
		if e != 0 {
			err = e
		}
	}
	if err != nil {
		fmt.Println(noSandbox, err)
		return 1
	}
	if err := f(); err != nil {
		fmt.Println(err)
		return 1
	}
	return 0
}

// TestPrivilegedPort asks for port 80 without privilege.
func TestPrivilegedPort(t *testing.T) {
	if !testenv.InNetNS(t) {
		return
	}
	require.NoError(t, os.WriteFile("/proc/sys/net/ipv4/ip_unprivileged_port_start", []byte("1024"), 0))
	cmd := testenv.Command(t, "port 80")
	cmd.Dir = "/"
	cmd.Path = "/proc/self/exe"
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534, NoSetGroups: true}}
	out, err := cmd.CombinedOutput()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, syscall.EPERM) {
		t.Skip("this user namespace has no other account: ", err)
	}
	require.NoError(t, err, "%s", out)
	assert.Contains(t, string(out), "listen tcp4 0.0.0.0:80: not permitted: bind: permission denied; try: ")
	assert.Contains(t, string(out), "sudo sysctl -w net.ipv4.ip_unprivileged_port_start=80\n")
	assert.Contains(t, string(out), "sudo setcap cap_net_bind_service=+ep ")
	assert.Equal(t, 3, strings.Count(string(out), "\n"))

	require.NoError(t, os.WriteFile("/proc/sys/net/ipv4/ip_unprivileged_port_start", []byte("80"), 0))
	l := listenOn(t, ":80")
	assert.Len(t, l.Addrs(), 2)
}

func listen80([]string) int {
	_, err := Dual(":80")
	if !errors.Is(err, ErrDenied) || !errors.Is(err, os.ErrPermission) {
		fmt.Println("not refused as denied:", err)
		return 1
	}
	return printRefusal(err)
}
