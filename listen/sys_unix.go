//go:build unix

package listen

import (
	"os"
	"syscall"
)

// prepare makes sure of an IPv6 socket's V6ONLY: the net package sets it, but does not look whether
// it worked. A sandbox may deny setsockopt where it is on already.
func prepare(fd uintptr, ipv6, _ bool) error {
	if !ipv6 {
		return nil
	}
	err := syscall.SetsockoptInt(int(fd), syscall.IPPROTO_IPV6, syscall.IPV6_V6ONLY, 1)
	if err == nil {
		return nil
	}
	if on, e := syscall.GetsockoptInt(int(fd), syscall.IPPROTO_IPV6, syscall.IPV6_V6ONLY); e == nil && on != 0 {
		return nil
	}
	return os.NewSyscallError("setsockopt", err)
}

func probeSocket(family int, proto string) (int, error) {
	kind, number := syscall.SOCK_STREAM, syscall.IPPROTO_TCP
	if proto == "udp" {
		kind, number = syscall.SOCK_DGRAM, syscall.IPPROTO_UDP
	}
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	fd, err := syscall.Socket(family, kind, number)
	if err == nil {
		syscall.CloseOnExec(fd)
	}
	return fd, err
}

func closeSocket(fd int) { syscall.Close(fd) }

// v6onlyDefault returns what IPV6_V6ONLY is on a new socket.
func v6onlyDefault() (bool, error) {
	fd, err := probeSocket(syscall.AF_INET6, "tcp")
	if err != nil {
		return false, err
	}
	defer closeSocket(fd)
	on, err := syscall.GetsockoptInt(fd, syscall.IPPROTO_IPV6, syscall.IPV6_V6ONLY)
	return on != 0, err
}
