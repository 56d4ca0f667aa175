package listen

import (
	"net/netip"
	"os"
	"strings"
	"syscall"
)

// Stack describes the capabilities of a machine's network stack.
type Stack struct {
	IPv4       bool // sockets of the family can be bound
	IPv6       bool // likewise; interfaces may still lack IPv6 addresses
	Loopback6  bool // [::1] exists
	V4Mapped   bool // an IPv6 socket can serve IPv4
	BindV6Only bool // IPv6 sockets are V6ONLY by default, as on Windows, or with net.ipv6.bindv6only=1 on Linux

	Notes []string // reasons for missing capabilities
}

// String returns one line for a log:
//
//	IPv4, IPv6, no [::1], v4-mapped, bindv6only=0 ([::1]: bind: cannot assign requested address)
func (s Stack) String() string {
	name := func(there bool, what string) string {
		if there {
			return what
		}
		return "no " + what
	}
	only := "bindv6only=0"
	if s.BindV6Only {
		only = "bindv6only=1"
	}
	line := strings.Join([]string{name(s.IPv4, "IPv4"), name(s.IPv6, "IPv6"), name(s.Loopback6, "[::1]"), name(s.V4Mapped, "v4-mapped"), only}, ", ")
	if len(s.Notes) > 0 {
		line += " (" + strings.Join(s.Notes, "; ") + ")"
	}
	return line
}

// Probe determines the capabilities of this machine's network stack by binding sockets. It does not
// listen on them, so no firewall asks about them. Results are not cached, since they may change.
func Probe() Stack {
	var s Stack
	try := func(what string, a netip.Addr, v6only bool) bool {
		_, err := probeBind("tcp", a, v6only)
		if err != nil {
			s.Notes = append(s.Notes, what+": "+err.Error())
		}
		return err == nil
	}
	s.IPv4 = try("IPv4", netip.IPv4Unspecified(), true)
	s.IPv6 = try("IPv6", netip.IPv6Unspecified(), true)
	if !s.IPv6 {
		return s
	}
	s.Loopback6 = try("[::1]", netip.IPv6Loopback(), true)
	s.V4Mapped = try("v4-mapped", loopback4(), false)
	var err error
	if s.BindV6Only, err = v6onlyDefault(); err != nil {
		s.Notes = append(s.Notes, "bindv6only: "+err.Error())
	}
	return s
}

func loopback4() netip.Addr { return netip.AddrFrom4([4]byte{127, 0, 0, 1}) }

// probeBind binds a socket to a, without listening, and returns its port. Without v6only, an IPv6
// socket serves both families.
func probeBind(proto string, a netip.Addr, v6only bool) (uint16, error) {
	return probeBindPort(proto, netip.AddrPortFrom(a, 0), v6only)
}

func probeBindPort(proto string, to netip.AddrPort, v6only bool) (uint16, error) {
	a, port := to.Addr(), int(to.Port())
	family := syscall.AF_INET6
	var sa syscall.Sockaddr = &syscall.SockaddrInet6{Addr: a.As16(), Port: port}
	if a.Is4() && v6only {
		family, sa = syscall.AF_INET, &syscall.SockaddrInet4{Addr: a.As4(), Port: port}
	}
	fd, err := probeSocket(family, proto)
	if err != nil {
		return 0, os.NewSyscallError("socket", err)
	}
	defer closeSocket(fd)
	if family == syscall.AF_INET6 {
		only := 0
		if v6only {
			only = 1
		}
		if err := syscall.SetsockoptInt(fd, syscall.IPPROTO_IPV6, syscall.IPV6_V6ONLY, only); err != nil {
			return 0, os.NewSyscallError("setsockopt", err)
		}
	}
	if err := syscall.Bind(fd, sa); err != nil {
		return 0, os.NewSyscallError("bind", err)
	}
	sa, err = syscall.Getsockname(fd)
	if err != nil {
		return 0, os.NewSyscallError("getsockname", err)
	}
	switch sa := sa.(type) {
	case *syscall.SockaddrInet4:
		return uint16(sa.Port), nil
	case *syscall.SockaddrInet6:
		return uint16(sa.Port), nil
	}
	return 0, nil
}
