package listen

import (
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
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
}

// error is the refusal for the user.
func (r refusal) error(err error) *Error {
	e := &Error{Network: r.endpoint.network(), Addr: r.endpoint.addr.String(), Err: err}
	e.Kind, e.Range = r.kind()
	switch e.Kind {
	case ErrInUse:
		e.Owners = r.owners
	case ErrReserved:
		e.next = nextOutside(r.ranges, e.Range.Last)
	}
	e.Hints = r.hints(e.Kind)
	return e
}

// kind sorts the refusal. Windows says WSAEACCES for a port that somebody has
// exclusively, for one in a reserved range, and for one it denies.
func (r refusal) kind() (error, *PortRange) {
	switch r.cause {
	case inUse:
		return ErrInUse, nil
	case forbidden:
		if r.goos == "windows" && len(r.owners) > 0 {
			return ErrInUse, nil
		}
		if reserved := reservedFor(r.ranges, int(r.endpoint.addr.Port())); reserved != nil {
			return ErrReserved, reserved
		}
		return ErrDenied, nil
	case noFamily:
		return ErrNoFamily, nil
	case noAddress:
		if r.endpoint.addr.Addr().IsLoopback() {
			return ErrNoFamily, nil
		}
		return ErrNoAddress, nil
	}
	return nil, nil
}

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
			// A client's connection had got the port by chance.
			return []string{
				fmt.Sprintf("sudo sysctl -w net.ipv4.ip_local_reserved_ports=%d", port),
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
	return nil
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
	case r.goos == "linux" && port < r.firstOpen:
		return []string{
			fmt.Sprintf("sudo sysctl -w net.ipv4.ip_unprivileged_port_start=%d", port),
			setcap(r.program),
		}
	case r.goos == "linux":
		return []string{"sudo ausearch -m avc -ts recent", fmt.Sprintf("sudo semanage port -a -t http_port_t -p tcp %d", port)}
	case r.goos == "windows":
		return []string{"netsh interface ipv4 show excludedportrange protocol=tcp", fmt.Sprintf("netstat -ano -p TCP | findstr :%d", port)}
	case port < r.firstOpen:
		return []string{"sudo " + shellQuote(r.program)}
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
	return command + shellQuote(program)
}

// systemPID is the Windows kernel's process.
const systemPID = 4

func (e *Error) text(goos string) string {
	addr := e.Addr
	if e.Network == "tcp" {
		addr = strconv.Quote(addr) // as the user wrote it, "" too
	}
	s := "listen " + e.Network + " " + addr + ": "
	if e.Kind != nil {
		s += strings.TrimPrefix(e.Kind.Error(), "listen: ") + ": "
	}
	s += detail(goos, e)
	if len(e.Hints) > 0 {
		s += "; try: " + e.Hints[0]
	}
	return s
}

// detail is the part of an error's text that says what happened.
func detail(goos string, e *Error) string {
	switch {
	case e.Range != nil:
		s := e.Range.String() + ", as Hyper-V, WSL and Docker have WinNAT do"
		if e.next != 0 {
			s += fmt.Sprintf("; port %d is not", e.next)
		}
		return s
	case len(e.Owners) > 0:
		var who []string
		for _, o := range e.Owners {
			s := o.String()
			if goos == "windows" && o.PID == systemPID {
				s = kernelService(int(o.Addr.Port())) + " at " + o.Addr.String()
			}
			if !slices.Contains(who, s) {
				who = append(who, s)
			}
		}
		if n := len(who) - 3; n > 0 {
			who = append(who[:3], fmt.Sprintf("and %d more", n))
		}
		return strings.Join(who, ", ")
	}
	if op, ok := e.Err.(*net.OpError); ok {
		return op.Err.Error() // its operation, network and address are e's
	}
	return e.Err.Error()
}

// kernelService explains a port of Windows' process 4, which listens for
// others.
func kernelService(port int) string {
	switch port {
	case 139, 445:
		return "System (pid 4), Windows' file sharing,"
	}
	return "System (pid 4), which is HTTP.sys: a service such as IIS (W3SVC), WinRM, SQL Server Reporting Services or BranchCache has it listen,"
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

// shellQuote quotes s for a Unix shell.
func shellQuote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
