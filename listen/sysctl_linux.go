package listen

import (
	"os"
	"strconv"
	"strings"
)

// firstOpenPort returns the lowest port that needs no privilege (ip-sysctl.rst).
func firstOpenPort() int {
	text, err := os.ReadFile("/proc/sys/net/ipv4/ip_unprivileged_port_start")
	if err != nil {
		return 1024 // the sysctl exists since Linux 4.11
	}
	n, _ := strconv.Atoi(strings.TrimSpace(string(text)))
	return n
}

// hasIPv6 reports whether the kernel has IPv6. With ipv6.disable=1 on its command line it has
// neither IPv6 nor a sysctl to enable it.
func hasIPv6() bool {
	_, err := os.Stat("/proc/sys/net/ipv6")
	return err == nil
}
