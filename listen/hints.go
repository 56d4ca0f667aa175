package listen

import (
	"fmt"
	"slices"
	"strings"

	"github.com/surefoot-go/surefoot/internal/portowner"
	"github.com/surefoot-go/surefoot/internal/shquote"
)

// refusal is all that is known when an endpoint has been refused. Its methods are rules: they ask
// nothing of the system.
type refusal struct {
	goos      string
	endpoint  endpoint
	cause     cause
	owners    []Owner
	listening bool // the owners listen
	hasIPv6   bool // the kernel has the family
	ranges    []PortRange
	firstOpen int    // the lowest port that needs no privilege
	program   string // this one's path
	self      int    // and its PID
}

// asError is the refusal for the user.
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

// kind sorts the refusal. Windows says WSAEACCES for a port that another socket has exclusively,
// for one in a reserved range, and for one it denies.
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

// hints are commands that tell more, or that solve the problem.
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

// shortageHints show what this process has open, and then allow it more. On macOS the Go runtime
// already raises the limit to kern.maxfilesperproc, and "launchctl limit maxfiles" would change it
// system-wide, probably to a lower value.
func shortageHints(goos string, self int) []string {
	return pick(goos, map[string][]string{
		"linux":   {fmt.Sprintf("ls -l /proc/%d/fd", self), fmt.Sprintf("sudo prlimit --pid %d --nofile=65536", self)},
		"darwin":  {fmt.Sprintf("lsof -p %d", self), "sysctl kern.maxfilesperproc kern.maxfiles"},
		"windows": {"netstat -anoq", "netsh interface ipv4 show dynamicport tcp"},
		"":        {fmt.Sprintf("fstat -p %d", self), "ulimit -n 65536"},
	})
}

// inUseHints: what to do about the owners is internal/portowner's to know. An ordinary program is
// named once, whatever other owners there are.
func (r refusal) inUseHints(port int) []string {
	proto := r.endpoint.proto
	switch {
	case port == 0:
		return pick(r.goos, map[string][]string{
			"linux":   {"sysctl net.ipv4.ip_local_port_range", "ss -s"},
			"windows": {"netsh interface ipv4 show dynamicport " + proto},
		})
	case len(r.owners) > 0 && !r.listening && r.goos == "linux":
		// A client's connection had got the port by chance. What is reserved already stays so.
		return []string{
			fmt.Sprintf(`sudo sysctl -w net.ipv4.ip_local_reserved_ports="$(sysctl -n net.ipv4.ip_local_reserved_ports | sed 's/.$/&,/')%d"`, port),
			fmt.Sprintf("sudo ss -%cnp 'sport = :%d'", proto[0], port),
		}
	case len(r.owners) > 0 && !r.listening && r.goos == "windows":
		// It is a client's, or one of a server that has ended: an exclusive port has to wait for
		// these.
		return []string{
			fmt.Sprintf("netstat -anoq | findstr :%d", port),
			fmt.Sprintf("netsh interface %s add excludedportrange protocol=%s startport=%d numberofports=1", netshFamily(r.endpoint), proto, port),
		}
	case len(r.owners) > 0 && !r.listening: // as on Linux, but there is no list of ports to keep
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
		case r.activated(o): // the socket unit's hints cover it: it would be started again
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

// activated reports whether o has its socket from systemd's socket unit, which still has it.
func (r refusal) activated(o Owner) bool {
	isSystemd := func(o Owner) bool { return r.goos == "linux" && (o.PID == 1 || o.Name == "systemd") }
	return !isSystemd(o) && slices.ContainsFunc(r.owners, func(s Owner) bool { return isSystemd(s) && s.Addr == o.Addr })
}

// ownHint is for a port that this process has itself: no command helps.
const ownHint = "close this process's first listener, or hand it over instead of listening twice"

// unique returns the strings without repetitions, in their order.
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

// noFamilyHints: on Linux, a kernel that was started with ipv6.disable=1 has no sysctl to switch
// IPv6 on. One that has IPv6, and yet gives this process no socket of that family, has been told to
// by a filter such as systemd's RestrictAddressFamilies=.
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

// setcap is the command that lets program bind low ports. One that `go run` has built is gone when
// it ends.
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

// pick returns the hints for a system, or those for "", any other one.
func pick(goos string, hints map[string][]string) []string {
	if h, ok := hints[goos]; ok {
		return h
	}
	if goos == "windows" {
		return nil
	}
	return hints[""]
}
