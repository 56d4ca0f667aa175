package listen

import (
	"net/netip"
	"os"
	"syscall"
)

// probeBind binds a socket to a, without listening, and returns the port that
// it got. Without v6only, an IPv6 socket does it for both families.
func probeBind(a netip.Addr, v6only bool) (uint16, error) {
	family := syscall.AF_INET6
	var sa syscall.Sockaddr = &syscall.SockaddrInet6{Addr: a.As16()}
	if a.Is4() && v6only {
		family, sa = syscall.AF_INET, &syscall.SockaddrInet4{Addr: a.As4()}
	}
	fd, err := probeSocket(family)
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
