package listen

import (
	"os"
	"syscall"

	"golang.org/x/sys/windows"
)

const soExclusiveAddrUse = ^windows.SO_REUSEADDR // ws2def.h

// prepare makes the port exclusive to this socket and sets V6ONLY on an IPv6 socket again, because
// the net package sets it but does not check the result.
func prepare(fd uintptr, ipv6, exclusive bool) error {
	s := windows.Handle(fd)
	if ipv6 {
		if err := windows.SetsockoptInt(s, windows.IPPROTO_IPV6, windows.IPV6_V6ONLY, 1); err != nil {
			return os.NewSyscallError("setsockopt", err)
		}
	}
	if exclusive {
		return os.NewSyscallError("setsockopt", windows.SetsockoptInt(s, windows.SOL_SOCKET, soExclusiveAddrUse, 1))
	}
	return nil
}

// mayOverlap reports whether a socket may be bound beside an overlapping one. Exclusive use
// prevents others from binding later, but existing sockets only have to pass an access check
// (Microsoft, "Using SO_REUSEADDR and SO_EXCLUSIVEADDRUSE").
func mayOverlap(endpoint) bool { return true }

func probeSocket(family int, proto string) (syscall.Handle, error) {
	kind, number := int32(windows.SOCK_STREAM), int32(windows.IPPROTO_TCP)
	if proto == "udp" {
		kind, number = windows.SOCK_DGRAM, windows.IPPROTO_UDP
	}
	s, err := windows.WSASocket(int32(family), kind, number, nil, 0, windows.WSA_FLAG_NO_HANDLE_INHERIT)
	return syscall.Handle(s), err
}

func closeSocket(s syscall.Handle) { syscall.Closesocket(s) }

// v6onlyDefault returns the value of IPV6_V6ONLY on a new socket.
func v6onlyDefault() (bool, error) {
	s, err := probeSocket(windows.AF_INET6, "tcp")
	if err != nil {
		return false, err
	}
	defer closeSocket(s)
	on, err := windows.GetsockoptInt(windows.Handle(s), windows.IPPROTO_IPV6, windows.IPV6_V6ONLY)
	return on != 0, err
}
