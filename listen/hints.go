package listen

import (
	"fmt"
	"slices"
	"strings"

	"github.com/surefoot-go/surefoot/internal/portowner"
	"github.com/surefoot-go/surefoot/internal/shquote"
)

// refusal holds everything known about a failed bind. Its methods are pure functions that do not
// query the system.
type refusal struct {
	goos      string
	endpoint  endpoint
	cause     cause
	owners    []Owner
	listening bool // the owners listen
	hasIPv6   bool // the kernel supports the family
	ranges    []PortRange
	firstOpen int    // the lowest port that needs no privilege
	program   string // the path of this program
	self      int    // and its PID
}

// asError returns the refusal as an *Error.
func (r refusal) asError(err error) *Error {
	e := &Error{Network: r.endpoint.network(), Addr: r.endpoint.addr.String(), Err: err, self: r.self}
	e.Kind = r.kind()
	switch e.Kind {
	case ErrInUse:
		e.Owners = r.owners
	case ErrReserved:
		e.Range = r.reserved()
		e.next = nextOutside(r.ranges, e.Range.Last)
	}
	e.Hints = r.hints(e.Kind)
	return e
}

// kind classifies the refusal. Windows returns WSAEACCES for a port that another socket has
// exclusively, for one in a reserved range, and for one to which access is denied.
func (r refusal) kind() error {
	switch r.cause {
	case inUse:
		return ErrInUse
	case forbidden:
		if r.goos == "windows" && len(r.owners) > 0 {
			return ErrInUse
		}
		if r.reserved() != nil {
			return ErrReserved
		}
		return ErrDenied
	case noFamily:
		return ErrNoFamily
	case noAddress:
		// Other addresses of 127.0.0.0/8 are missing on macOS and the BSDs.
		if a := r.endpoint.addr.Addr(); a == loopback4() || a.Is6() && a.IsLoopback() {
			return ErrNoFamily
		}
		return ErrNoAddress
	}
	return nil
}

func (r refusal) reserved() *PortRange { return reservedFor(r.ranges, int(r.endpoint.addr.Port())) }

// hints returns commands that show more about the problem or solve it.
func (r refusal) hints(kind error) []string {
	port := int(r.endpoint.addr.Port())
	switch kind {
	case ErrInUse:
		return r.inUseHints(port)
	case ErrReserved:
		advice := portowner.OfRange(portowner.Range{First: r.reserved().First, Last: r.reserved().Last}, r.endpoint.network(), port)
		return slices.Concat(advice.End, advice.Show)
	case ErrDenied:
		return r.deniedHints(port)
	case ErrNoFamily:
		return noFamilyHints(r.goos, r.cause, r.hasIPv6, r.self)
	case ErrNoAddress:
		return pick(r.goos, map[string][]string{
			"linux":   {"ip -brief address"},
			"windows": {"ipconfig"},
			"":        {"ifconfig"},
		})
	}
	if r.cause == shortage {
		return shortageHints(r.goos, r.self)
	}
	return nil
}

// shortageHints returns commands that show the descriptors of this process and raise its limit. On
// macOS the Go runtime already raises the limit to kern.maxfilesperproc, and "launchctl limit
// maxfiles" would change it system-wide, probably to a lower value.
func shortageHints(goos string, self int) []string {
	return pick(goos, map[string][]string{
		"linux":   {fmt.Sprintf("ls -l /proc/%d/fd", self), fmt.Sprintf("sudo prlimit --pid %d --nofile=65536", self)},
		"darwin":  {fmt.Sprintf("lsof -p %d", self), "sysctl kern.maxfilesperproc kern.maxfiles"},
		"windows": {"netstat -anoq", "netsh interface ipv4 show dynamicport tcp"},
		"":        {fmt.Sprintf("fstat -p %d", self), "ulimit -n 65536"},
	})
}

// inUseHints returns the hints for a port in use. Package internal/portowner knows what to do about
// each owner. An ordinary program is named once, whatever other owners there are.
func (r refusal) inUseHints(port int) []string {
	proto := r.endpoint.proto
	switch {
	case port == 0:
		return pick(r.goos, map[string][]string{
			"linux":   {"sysctl net.ipv4.ip_local_port_range", "ss -s"},
			"windows": {"netsh interface ipv4 show dynamicport " + proto},
		})
	case len(r.owners) > 0 && !r.listening && r.goos == "linux":
		// A client's connection got the port by chance. Ports that are already reserved stay
		// reserved.
		return []string{
			fmt.Sprintf(`sudo sysctl -w net.ipv4.ip_local_reserved_ports="$(sysctl -n net.ipv4.ip_local_reserved_ports | sed 's/.$/&,/')%d"`, port),
			fmt.Sprintf("sudo ss -%cnp 'sport = :%d'", proto[0], port),
		}
	case len(r.owners) > 0 && !r.listening && r.goos == "windows":
		// The connection is a client's, or one of a server that has ended: an exclusive port has to
		// wait for it.
		return []string{
			fmt.Sprintf("netstat -anoq | findstr :%d", port),
			fmt.Sprintf("netsh interface %s add excludedportrange protocol=%s startport=%d numberofports=1", netshFamily(r.endpoint), proto, port),
		}
	case len(r.owners) > 0 && !r.listening: // as on Linux, but there is no list of reserved ports
		return []string{fmt.Sprintf("sudo lsof -nP -i%s:%d", strings.ToUpper(proto), port)}
	}
	var hints []string
	ordinary := false
	for _, o := range r.owners {
		if o.PID == 0 {
			continue
		}
		advice := adviceFor(r.goos, r.endpoint.network(), o)
		switch {
		case o.PID == r.self:
			hints = append(hints, ownHint)
		case r.activated(o): // covered by the socket unit's hints; systemd would start it again
		case advice.Who == "" && ordinary:
		default:
			ordinary = ordinary || advice.Who == ""
			hints = append(hints, advice.Commands()...)
		}
	}
	if hints == nil {
		return adviceFor(r.goos, r.endpoint.network(), Owner{Addr: r.endpoint.addr}).Commands()
	}
	return unique(hints)
}

// activated reports whether o got its socket from a systemd socket unit that is still active.
func (r refusal) activated(o Owner) bool {
	isSystemd := func(o Owner) bool { return r.goos == "linux" && (o.PID == 1 || o.Name == "systemd") }
	return !isSystemd(o) && slices.ContainsFunc(r.owners, func(s Owner) bool { return isSystemd(s) && s.Addr == o.Addr })
}

// ownHint is the hint for a port that this process itself has, for which no command helps.
const ownHint = "close this process's first listener, or hand it over instead of listening twice"

// unique returns list without duplicates, in order.
func unique(list []string) []string {
	var once []string
	for _, s := range list {
		if !slices.Contains(once, s) {
			once = append(once, s)
		}
	}
	return once
}

func (r refusal) deniedHints(port int) []string {
	proto := r.endpoint.proto
	switch {
	case r.goos == "linux" && port != 0 && port < r.firstOpen:
		return []string{
			fmt.Sprintf("sudo sysctl -w net.ipv4.ip_unprivileged_port_start=%d", port),
			setcap(r.program),
		}
	case r.goos == "linux" && port == 0:
		return []string{"sudo ausearch -m avc -ts recent"}
	case r.goos == "linux":
		return []string{"sudo ausearch -m avc -ts recent", fmt.Sprintf("sudo semanage port -a -t http_port_t -p %s %d", proto, port)}
	case r.goos == "windows":
		return []string{"netsh interface ipv4 show excludedportrange protocol=" + proto, fmt.Sprintf("netstat -anoq | findstr :%d", port)}
	case port != 0 && port < r.firstOpen:
		return []string{"sudo " + shquote.Quote(r.program)}
	}
	return nil
}

// noFamilyHints returns the hints for an unavailable family. On Linux, a kernel that was started
// with ipv6.disable=1 has no sysctl to enable IPv6. If the kernel has IPv6 but this process can't
// create IPv6 sockets, a filter such as systemd's RestrictAddressFamilies= forbids them.
func noFamilyHints(goos string, why cause, hasIPv6 bool, self int) []string {
	if goos == "linux" && why == noFamily {
		if hasIPv6 {
			return []string{fmt.Sprintf("grep Seccomp /proc/%d/status", self), "systemctl show --property=RestrictAddressFamilies UNIT"}
		}
		return []string{"grep -o ipv6.disable=1 /proc/cmdline", "sudo modprobe ipv6"}
	}
	return pick(goos, map[string][]string{
		"linux":   {"sudo sysctl -w net.ipv6.conf.all.disable_ipv6=0 net.ipv6.conf.lo.disable_ipv6=0"},
		"windows": {"powershell -Command Get-NetAdapterBinding -ComponentID ms_tcpip6"},
		"":        {"ifconfig lo0"},
	})
}

// setcap returns the command that lets program bind low ports. A program built by `go run` is
// deleted when it exits.
func setcap(program string) string {
	const command = "sudo setcap cap_net_bind_service=+ep "
	if strings.Contains(program, "/go-build") {
		return "go build -o service . && " + command + "service"
	}
	return command + shquote.Quote(program)
}

func netshFamily(e endpoint) string {
	if e.family() == IPv6 {
		return "ipv6"
	}
	return "ipv4"
}

// pick returns the hints for a system, or those for "" if there are none.
func pick(goos string, hints map[string][]string) []string {
	if h, ok := hints[goos]; ok {
		return h
	}
	if goos == "windows" {
		return nil
	}
	return hints[""]
}
