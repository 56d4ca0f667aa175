package listen

import (
	"net"
	"os"
	"syscall"
	"time"
)

// The net package sets the keep-alive options on each connection that it accepts, which takes four
// of eight system calls. On Linux an accepted socket inherits them from the listening one
// (net/ipv4/tcp_minisocks.c), so they are set there once, and the net package is told not to set
// them.
const keepAliveInherited = true

// The net package's defaults; see net.KeepAliveConfig.
const (
	defaultKeepAlive      = 15 * time.Second // for Idle and Interval
	defaultKeepAliveCount = 9
)

// setKeepAlive sets the options that the net package would set on an accepted connection, in the
// same order. It returns the first error, which the net package ignores: accepted sockets may then
// differ, as with Multipath TCP before Linux 6.10, which supports these options on connections
// only.
func setKeepAlive(fd uintptr, config net.KeepAliveConfig) error {
	if !config.Enable {
		config = net.KeepAliveConfig{} // ListenConfig.KeepAlive is 0: the defaults
	}
	count := config.Count
	if count == 0 {
		count = defaultKeepAliveCount
	}
	for _, o := range []struct {
		level, name, value int
		leaveAlone         bool // a negative value: the option stays as it is
	}{
		{syscall.SOL_SOCKET, syscall.SO_KEEPALIVE, 1, false},
		{syscall.IPPROTO_TCP, syscall.TCP_KEEPIDLE, seconds(config.Idle), config.Idle < 0},
		{syscall.IPPROTO_TCP, syscall.TCP_KEEPINTVL, seconds(config.Interval), config.Interval < 0},
		{syscall.IPPROTO_TCP, syscall.TCP_KEEPCNT, count, count < 0},
	} {
		if o.leaveAlone {
			continue
		}
		if err := syscall.SetsockoptInt(int(fd), o.level, o.name, o.value); err != nil {
			return os.NewSyscallError("setsockopt", err)
		}
	}
	return nil
}

// seconds rounds up, as the net package does.
func seconds(d time.Duration) int {
	if d == 0 {
		d = defaultKeepAlive
	}
	return int((d + time.Second - 1) / time.Second)
}
