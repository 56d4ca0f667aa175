//go:build unix

package listen

import (
	"net/netip"
	"os"
	"syscall"
)

// prepare sets an IPv6 socket's V6ONLY once more. The net package sets it, but
// does not look whether it worked.
func prepare(fd uintptr, ipv6, _ bool) error {
	if !ipv6 {
		return nil
	}
	return os.NewSyscallError("setsockopt", syscall.SetsockoptInt(int(fd), syscall.IPPROTO_IPV6, syscall.IPV6_V6ONLY, 1))
}

// checkOverlap: bind has refused all overlaps already.
func checkOverlap(netip.AddrPort) error { return nil }

func probeSocket(family int) (int, error) {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	fd, err := syscall.Socket(family, syscall.SOCK_STREAM, syscall.IPPROTO_TCP)
	if err == nil {
		syscall.CloseOnExec(fd)
	}
	return fd, err
}

func closeSocket(fd int) { syscall.Close(fd) }
