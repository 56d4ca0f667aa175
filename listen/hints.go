package listen

import (
	"fmt"
	"strings"

	"github.com/surefoot-go/surefoot/internal/shquote"
)

// refusal is all that is known when an endpoint has been refused. Its methods
// are rules: they ask nothing of the system.
type refusal struct {
	goos      string
	endpoint  endpoint
	cause     cause
	owners    []Owner
	listening bool // the owners listen
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

// kind sorts the refusal. Windows says WSAEACCES for a port that somebody has
// exclusively, for one in a reserved range, and for one it denies.
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

// hints are commands that tell more or mend it.
func (r refusal) hints(kind error) []string {
	port := int(r.endpoint.addr.Port())
	switch kind {
	case ErrInUse:
		switch {
		case port == 0:
			return pick(r.goos, map[string][]string{
				"linux":   {"sysctl net.ipv4.ip_local_port_range", "ss -s"},
				"windows": {"netsh interface ipv4 show dynamicport tcp"},
			})
		case len(r.owners) > 0 && !r.listening && r.goos == "linux":
			// A client's connection had got the port by chance. What is
			// reserved already stays so.
			return []string{
				fmt.Sprintf(`sudo sysctl -w net.ipv4.ip_local_reserved_ports="$(sysctl -n net.ipv4.ip_local_reserved_ports | sed 's/.$/&,/')%d"`, port),
				fmt.Sprintf("sudo ss -tnp 'sport = :%d'", port),
			}
		}
		return r.inUseHints(port)
	case ErrReserved:
		add := fmt.Sprintf("netsh interface %s add excludedportrange protocol=tcp startport=%d numberofports=1", netshFamily(r.endpoint), port)
		return []string{"net stop winnat", add, "net start winnat",
			fmt.Sprintf("netsh interface %s show excludedportrange protocol=tcp", netshFamily(r.endpoint))}
	case ErrDenied:
		return r.deniedHints(port)
	case ErrNoFamily:
		return noFamilyHints(r.goos)
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

// shortageHints show what this process has open; then they allow it more. On macOS Go
// has taken all that kern.maxfilesperproc gives, and "launchctl limit maxfiles" would set
// that for every process, lower than it was as like as not.
func shortageHints(goos string, self int) []string {
	return pick(goos, map[string][]string{
		"linux":   {fmt.Sprintf("ls -l /proc/%d/fd", self), fmt.Sprintf("sudo prlimit --pid %d --nofile=65536", self)},
		"darwin":  {fmt.Sprintf("lsof -p %d", self), "sysctl kern.maxfilesperproc kern.maxfiles"},
		"windows": {"netstat -ano -p TCP", "netsh interface ipv4 show dynamicport tcp"},
		"":        {fmt.Sprintf("fstat -p %d", self), "ulimit -n 65536"},
	})
}

func (r refusal) inUseHints(port int) []string {
	pid := 0
	for _, o := range r.owners {
		if o.PID != 0 {
			pid = o.PID
			break
		}
	}
	switch {
	case pid != 0 && pid == r.self:
		return nil // and no command to end it
	case r.goos == "windows" && pid == systemPID:
		return []string{"netsh http show servicestate view=requestq", "sc.exe queryex w3svc", "net stop w3svc"}
	case r.goos == "windows" && pid != 0:
		return []string{fmt.Sprintf(`tasklist /FI "PID eq %d" /V`, pid), fmt.Sprintf("taskkill /PID %d /F", pid)}
	case pid != 0:
		return []string{fmt.Sprintf("ps -fp %d", pid), fmt.Sprintf("kill %d", pid)}
	}
	return pick(r.goos, map[string][]string{
		"linux":   {fmt.Sprintf("sudo ss -ltnp 'sport = :%d'", port)},
		"darwin":  {fmt.Sprintf("sudo lsof -nP -iTCP:%d -sTCP:LISTEN", port)},
		"windows": {fmt.Sprintf("netstat -ano -p TCP | findstr :%d", port)},
		"freebsd": {fmt.Sprintf("sockstat -46l -P tcp -p %d", port)},
		"":        {fmt.Sprintf("fstat | grep ':%d'", port)},
	})
}

func (r refusal) deniedHints(port int) []string {
	switch {
	case r.goos == "linux" && port != 0 && port < r.firstOpen:
		return []string{
			fmt.Sprintf("sudo sysctl -w net.ipv4.ip_unprivileged_port_start=%d", port),
			setcap(r.program),
		}
	case r.goos == "linux" && port == 0:
		return []string{"sudo ausearch -m avc -ts recent"}
	case r.goos == "linux":
		return []string{"sudo ausearch -m avc -ts recent", fmt.Sprintf("sudo semanage port -a -t http_port_t -p tcp %d", port)}
	case r.goos == "windows":
		return []string{"netsh interface ipv4 show excludedportrange protocol=tcp", fmt.Sprintf("netstat -ano -p TCP | findstr :%d", port)}
	case port != 0 && port < r.firstOpen:
		return []string{"sudo " + shquote.Quote(r.program)}
	}
	return nil
}

func noFamilyHints(goos string) []string {
	return pick(goos, map[string][]string{
		"linux":   {"sudo sysctl -w net.ipv6.conf.all.disable_ipv6=0 net.ipv6.conf.lo.disable_ipv6=0"},
		"windows": {"powershell -Command Get-NetAdapterBinding -ComponentID ms_tcpip6"},
		"":        {"ifconfig lo0"},
	})
}

// setcap is the command that lets program bind low ports. One that `go run` has
// built is gone when it ends.
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
