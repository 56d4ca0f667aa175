package portowner

import "fmt"

// firstDynamic is where Windows' dynamic ports begin unless they were moved (Microsoft, "The
// default dynamic port range for TCP/IP has changed").
const firstDynamic = 49152

// A Range is a range of ports that Windows reserves.
type Range struct{ First, Last int }

// OfRange returns the advice for a port in a range that Windows has excluded. network is "tcp" or
// "udp" with a 4 or 6 after it. The commands of End are steps, to be done in their order by an
// administrator.
//
// WinNAT takes its ranges, of a hundred ports each, from the dynamic ports. A range of one port is
// that of HTTP.sys, for a service's URL.
func OfRange(r Range, network string, port int) Advice {
	family, proto := "ipv4", "tcp"
	if network == "tcp6" || network == "udp6" {
		family = "ipv6"
	}
	if isUDP(network) {
		proto = "udp"
	}
	show := fmt.Sprintf("netsh interface %s show excludedportrange protocol=%s", family, proto)
	switch {
	case r.First == r.Last:
		return Advice{Who: "which HTTP.sys keeps for a service", Show: []string{"netsh http show servicestate view=requestq", "netsh http show urlacl", show}}
	case r.First < firstDynamic:
		end := []string{fmt.Sprintf("netsh int ipv4 set dynamicport %s start=%d num=%d", proto, firstDynamic, 65536-firstDynamic)}
		if family == "ipv6" {
			end = append(end, fmt.Sprintf("netsh int ipv6 set dynamicport %s start=%d num=%d", proto, firstDynamic, 65536-firstDynamic))
		}
		return Advice{
			Who:  "which WinNAT (Hyper-V, WSL, Docker) has taken because the dynamic ports have been moved there",
			Show: []string{show},
			End:  append(end, "net stop winnat", "net start winnat"),
		}
	}
	return Advice{
		Who:  "as Hyper-V, WSL and Docker have WinNAT do",
		Show: []string{show},
		End: []string{"net stop winnat",
			fmt.Sprintf("netsh interface %s add excludedportrange protocol=%s startport=%d numberofports=1", family, proto, port),
			"net start winnat"},
	}
}
