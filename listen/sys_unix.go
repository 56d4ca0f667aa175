//go:build unix

package listen

import (
	"os"
	"syscall"
)

// prepare makes sure that V6ONLY is set on an IPv6 socket: the net package sets it but does not
// check the result. A sandbox may deny setsockopt even if the option is already set.
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

// v6onlyDefault returns the value of IPV6_V6ONLY on a new socket.
func v6onlyDefault() (bool, error) {
	fd, err := probeSocket(syscall.AF_INET6, "tcp")
	if err != nil {
		return false, err
	}
	defer closeSocket(fd)
	on, err := syscall.GetsockoptInt(fd, syscall.IPPROTO_IPV6, syscall.IPV6_V6ONLY)
	return on != 0, err
}
