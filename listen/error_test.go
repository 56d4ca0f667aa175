package listen

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/listen/internal/tcptable"
)

func literalEnd(s string) endpoint { return endpoint{addr: netip.MustParseAddrPort(s), proto: "tcp"} }

func TestCauseOf(t *testing.T) {
	for errno, want := range map[syscall.Errno]cause{
		syscall.EADDRINUSE:      inUse,
		10048:                   inUse, // WSAEADDRINUSE
		syscall.EACCES:          forbidden,
		syscall.EPERM:           forbidden,
		10013:                   forbidden, // WSAEACCES
		syscall.EAFNOSUPPORT:    noFamily,
		syscall.EPROTONOSUPPORT: noFamily,
		10047:                   noFamily, // WSAEAFNOSUPPORT
		10043:                   noFamily, // WSAEPROTONOSUPPORT
		syscall.EADDRNOTAVAIL:   noAddress,
		10049:                   noAddress, // WSAEADDRNOTAVAIL
		syscall.EMFILE:          shortage,
		syscall.ENFILE:          shortage,
		10024:                   shortage, // WSAEMFILE
		10055:                   shortage, // WSAENOBUFS
		syscall.ECONNABORTED:    hungUp,
		10057:                   hungUp, // WSAENOTCONN
		syscall.EINVAL:          other,
		0:                       other,
	} {
		err := &net.OpError{Op: "listen", Err: os.NewSyscallError("bind", errno)}
		assert.Equal(t, want, causeOf(err), "%d", errno)
	}
	assert.Equal(t, other, causeOf(errors.New("no number")))
	assert.Equal(t, inUse, causeOf(&net.OpError{Op: "listen", Err: errShadowed}))
}

func TestAbsent(t *testing.T) {
	nothing := &net.OpError{Op: "listen", Err: os.NewSyscallError("bind", syscall.EADDRNOTAVAIL)}
	family := &net.OpError{Op: "listen", Err: os.NewSyscallError("socket", syscall.EAFNOSUPPORT)}
	taken := &net.OpError{Op: "listen", Err: os.NewSyscallError("bind", syscall.EADDRINUSE)}
	end := func(from origin) endpoint { return endpoint{netip.MustParseAddrPort("127.0.0.1:80"), from, "tcp"} }
	for _, tt := range []struct {
		from origin
		err  error
		want bool
	}{
		{expanded, nothing, true},
		{expanded, family, true},
		{expanded, taken, false},
		{resolved, nothing, false}, // 127.0.0.1 exists, so the family does
		{resolved, family, true},
		{resolved, taken, false},
		{literal, nothing, false},
		{literal, family, false},
	} {
		assert.Equal(t, tt.want, absent(end(tt.from), tt.err), "%d %v", tt.from, tt.err)
	}
}

func TestOverlapped(t *testing.T) {
	const self, other = 100, 200
	row := func(addr string, pid int) tcptable.Row {
		return tcptable.Row{Addr: netip.MustParseAddrPort(addr), Listening: true, PID: pid}
	}
	for name, tt := range map[string]struct {
		bound string
		rows  []tcptable.Row
		want  bool
	}{
		"its own row":                        {"0.0.0.0:80", []tcptable.Row{row("0.0.0.0:80", self)}, false},
		"specific beside a wildcard":         {"127.0.0.1:80", []tcptable.Row{row("127.0.0.1:80", self), row("0.0.0.0:80", other)}, true},
		"wildcard beside a specific":         {"0.0.0.0:80", []tcptable.Row{row("0.0.0.0:80", self), row("10.0.0.5:80", other)}, true},
		"of IPv6":                            {"[::1]:80", []tcptable.Row{row("[::1]:80", self), row("[::]:80", other)}, true},
		"of this process":                    {"127.0.0.1:80", []tcptable.Row{row("127.0.0.1:80", self), row("0.0.0.0:80", self)}, true},
		"another port":                       {"127.0.0.1:80", []tcptable.Row{row("127.0.0.1:80", self), row("0.0.0.0:81", other)}, false},
		"another program's [::] on macOS":    {"127.0.0.1:80", []tcptable.Row{row("127.0.0.1:80", self), row("[::]:80", other)}, true},
		"this process's [::] on macOS":       {"0.0.0.0:80", []tcptable.Row{row("0.0.0.0:80", self), row("[::]:80", self)}, false},
		"the other family":                   {"[::1]:80", []tcptable.Row{row("[::1]:80", self), row("0.0.0.0:80", other)}, false},
		"the other family's [::1]":           {"0.0.0.0:80", []tcptable.Row{row("0.0.0.0:80", self), row("[::1]:80", other)}, false},
		"another specific address":           {"127.0.0.1:80", []tcptable.Row{row("127.0.0.1:80", self), row("127.0.0.2:80", other)}, false},
		"another program's dual-stack [::]":  {"0.0.0.0:80", []tcptable.Row{row("0.0.0.0:80", other), row("0.0.0.0:80", self)}, true},
		"this process's own dual-stack [::]": {"0.0.0.0:80", []tcptable.Row{row("0.0.0.0:80", self), row("0.0.0.0:80", self)}, true},
		"a zone that one row does not have":  {"[fe80::1%5]:80", []tcptable.Row{row("[fe80::1]:80", self)}, false},
	} {
		assert.Equal(t, tt.want, overlapped(netip.MustParseAddrPort(tt.bound), self, tt.rows), name)
	}
}

// TestOverlapErrorNamesShared checks that the error for a port that the system would allow mentions
// Config.Shared.
func TestOverlapErrorNamesShared(t *testing.T) {
	owner := []Owner{{812, "java.exe", netip.MustParseAddrPort("0.0.0.0:8080")}}
	r := refusal{goos: "windows", endpoint: literalEnd("127.0.0.1:8080"), cause: inUse, owners: owner, listening: true}
	e := r.asError(&net.OpError{Op: "listen", Err: errShadowed})
	assert.ErrorIs(t, e, ErrInUse)
	assert.Contains(t, e.text("windows"), "java.exe (pid 812) at 0.0.0.0:8080, which overlaps this address (Config.Shared would share the port); try: tasklist")
	r.owners = nil
	assert.Contains(t, r.asError(&net.OpError{Op: "listen", Err: errShadowed}).text("windows"), "Config.Shared")
}

func TestRefusals(t *testing.T) {
	const port80, port8080 = "127.0.0.1:80", "127.0.0.1:8080"
	nginx := []Owner{{0, "", netip.MustParseAddrPort("[::]:8080")}, {812, "nginx", netip.MustParseAddrPort("0.0.0.0:8080")}}
	system := []Owner{{4, "System", netip.MustParseAddrPort("0.0.0.0:80")}}
	winnat := []PortRange{{5357, 5357, false}, {8000, 8099, false}, {8100, 8100, false}, {50060, 50159, false}}
	at8080 := func(pid int, name string) []Owner {
		return []Owner{{pid, name, netip.MustParseAddrPort("0.0.0.0:8080")}}
	}
	free := []PortRange{{8000, 8099, true}}
	for name, tt := range map[string]struct {
		refusal
		end   string
		kind  error
		hints []string
		text  string
	}{
		"Linux, in use": {
			refusal{goos: "linux", cause: inUse, owners: nginx, listening: true}, port8080,
			ErrInUse, []string{"ps -fp 812", "kill 812"},
			"port in use: a process that this account may not see at [::]:8080, nginx (pid 812) at 0.0.0.0:8080",
		},
		"Linux, in use by a process of another account": {
			refusal{goos: "linux", cause: inUse, owners: nginx[:1], listening: true}, port8080,
			ErrInUse, []string{"sudo ss -ltnp 'sport = :8080'"}, "a process that this account may not see at [::]:8080",
		},
		"Linux, in use by this process": {
			refusal{goos: "linux", cause: inUse, owners: nginx[1:], listening: true, self: 812}, port8080,
			ErrInUse, []string{ownHint}, "port in use: this process at 0.0.0.0:8080",
		},
		"Linux, in use by a client": {
			refusal{goos: "linux", cause: inUse, owners: nginx[1:]}, port8080,
			ErrInUse, []string{
				`sudo sysctl -w net.ipv4.ip_local_reserved_ports="$(sysctl -n net.ipv4.ip_local_reserved_ports | sed 's/.$/&,/')8080"`,
				"sudo ss -tnp 'sport = :8080'"}, "nginx",
		},
		"Linux, no port is free": {
			refusal{goos: "linux", cause: inUse}, "127.0.0.1:0",
			ErrInUse, []string{"sysctl net.ipv4.ip_local_port_range", "ss -s"}, "port in use: ",
		},
		"Linux, privileged port": {
			refusal{goos: "linux", cause: forbidden, firstOpen: 1024, program: "/srv/it's"}, port80,
			ErrDenied, []string{"sudo sysctl -w net.ipv4.ip_unprivileged_port_start=80", `sudo setcap cap_net_bind_service=+ep '/srv/it'\''s'`},
			"not permitted: ",
		},
		"Linux, privileged port, go run": {
			refusal{goos: "linux", cause: forbidden, firstOpen: 1024, program: "/tmp/go-build1/b001/exe/main"}, port80,
			ErrDenied, []string{"sudo sysctl -w net.ipv4.ip_unprivileged_port_start=80", "go build -o service . && sudo setcap cap_net_bind_service=+ep service"},
			"not permitted: ",
		},
		"Linux, SELinux": {
			refusal{goos: "linux", cause: forbidden, firstOpen: 80}, port80,
			ErrDenied, []string{"sudo ausearch -m avc -ts recent", "sudo semanage port -a -t http_port_t -p tcp 80"}, "not permitted: ",
		},
		"Linux, a filter": {
			refusal{goos: "linux", cause: forbidden, firstOpen: 1024}, "[::]:0", ErrDenied, []string{"sudo ausearch -m avc -ts recent"}, "not permitted: ",
		},
		"Linux, no [::1]": {
			refusal{goos: "linux", cause: noAddress}, "[::1]:80",
			ErrNoFamily, []string{"sudo sysctl -w net.ipv6.conf.all.disable_ipv6=0 net.ipv6.conf.lo.disable_ipv6=0"}, "address family not available: ",
		},
		"Linux, unassigned address": {
			refusal{goos: "linux", cause: noAddress}, "203.0.113.1:80",
			ErrNoAddress, []string{"ip -brief address"}, "no interface has this address: ",
		},
		"macOS, no 127.0.0.2": {
			refusal{goos: "darwin", cause: noAddress}, "127.0.0.2:80",
			ErrNoAddress, []string{"ifconfig"}, "no interface has this address: ",
		},
		"Windows, in use": {
			refusal{goos: "windows", cause: inUse, owners: nginx, listening: true}, port8080,
			ErrInUse, []string{`tasklist /FI "PID eq 812" /V`, `tasklist /svc /FI "PID eq 812"`, "taskkill /PID 812 /F"}, "nginx (pid 812) at 0.0.0.0:8080",
		},
		"Windows, in use exclusively": {
			refusal{goos: "windows", cause: forbidden, owners: nginx, listening: true}, port8080,
			ErrInUse, []string{`tasklist /FI "PID eq 812" /V`, `tasklist /svc /FI "PID eq 812"`, "taskkill /PID 812 /F"}, "nginx (pid 812) at 0.0.0.0:8080",
		},
		"Windows, in use by the kernel": {
			refusal{goos: "windows", cause: forbidden, owners: system, listening: true}, port80,
			ErrInUse, []string{"netsh http show servicestate view=requestq", "sc.exe queryex w3svc"}, "System (pid 4), which is HTTP.sys: ",
		},
		"Windows, reserved": {
			refusal{goos: "windows", cause: forbidden, ranges: winnat}, "127.0.0.1:50100",
			ErrReserved, []string{"net stop winnat", "netsh interface ipv4 add excludedportrange protocol=tcp startport=50100 numberofports=1",
				"net start winnat", "netsh interface ipv4 show excludedportrange protocol=tcp"},
			"port in a range that Windows has reserved: 50060-50159, as Hyper-V, WSL and Docker have WinNAT do; port 50160 is not reserved; try, as administrator:" +
				" net stop winnat; netsh interface ipv4 add excludedportrange protocol=tcp startport=50100 numberofports=1; net start winnat",
		},
		"Windows, reserved for IPv6": {
			refusal{goos: "windows", cause: forbidden, ranges: winnat}, "[::1]:50100",
			ErrReserved, []string{"net stop winnat", "netsh interface ipv6 add excludedportrange protocol=tcp startport=50100 numberofports=1",
				"net start winnat", "netsh interface ipv6 show excludedportrange protocol=tcp"}, "50060-50159",
		},
		"Windows, reserved below the dynamic ports": {
			refusal{goos: "windows", cause: forbidden, ranges: winnat}, port8080,
			ErrReserved, []string{"netsh int ipv4 set dynamicport tcp start=49152 num=16384", "net stop winnat",
				"net start winnat", "netsh interface ipv4 show excludedportrange protocol=tcp"},
			"8000-8099, which WinNAT (Hyper-V, WSL, Docker) has taken because the dynamic ports have been moved there; port 8101 is not reserved;" +
				" try, as administrator: netsh int ipv4 set dynamicport tcp start=49152 num=16384; net stop winnat; net start winnat",
		},
		"Windows, reserved for HTTP.sys": {
			refusal{goos: "windows", cause: forbidden, ranges: winnat}, "0.0.0.0:5357",
			ErrReserved, []string{"netsh http show servicestate view=requestq", "netsh http show urlacl", "netsh interface ipv4 show excludedportrange protocol=tcp"},
			"5357, which HTTP.sys keeps for a service; port 5358 is not reserved; try: netsh http show servicestate",
		},
		"Windows, in an administered range": {
			refusal{goos: "windows", cause: forbidden, ranges: free}, port8080,
			ErrDenied, []string{"netsh interface ipv4 show excludedportrange protocol=tcp", "netstat -anoq | findstr :8080"}, "not permitted: ",
		},
		"macOS, in use": {
			refusal{goos: "darwin", cause: inUse}, port8080,
			ErrInUse, []string{"sudo lsof -nP -iTCP:8080 -sTCP:LISTEN"}, "port in use: ",
		},
		"macOS, privileged port": {
			refusal{goos: "darwin", cause: forbidden, firstOpen: 1024, program: "/bin/x"}, port80,
			ErrDenied, []string{"sudo /bin/x"}, "not permitted: ",
		},
		"OpenBSD, in use": {
			refusal{goos: "openbsd", cause: inUse}, port8080,
			ErrInUse, []string{"fstat | grep ':8080'"}, "port in use: ",
		},
		"Linux, a socket unit": {
			refusal{goos: "linux", cause: inUse, owners: at8080(1, "systemd"), listening: true}, port8080,
			ErrInUse, []string{"systemctl list-sockets", "sudo systemctl stop UNIT.socket"}, "systemd (pid 1), which holds it for a .socket unit, at 0.0.0.0:8080",
		},
		"Linux, a socket unit and its service": {
			refusal{goos: "linux", cause: inUse, owners: slices.Concat(at8080(1, "systemd"), at8080(812, "cupsd")), listening: true}, port8080,
			ErrInUse, []string{"systemctl list-sockets", "sudo systemctl stop UNIT.socket"}, "at 0.0.0.0:8080, cupsd (pid 812) at 0.0.0.0:8080",
		},
		"Linux, a container and a program": {
			refusal{goos: "linux", cause: inUse, owners: slices.Concat(at8080(700, "docker-proxy"), at8080(812, "nginx"), at8080(813, "nginx")), listening: true}, port8080,
			ErrInUse, []string{"docker ps --filter publish=8080", "docker stop CONTAINER", "ps -fp 812", "kill 812"}, "docker-proxy (pid 700), which passes the port to a container, at",
		},
		"Linux, this process and another": {
			refusal{goos: "linux", cause: inUse, owners: slices.Concat(at8080(700, "x"), at8080(812, "nginx")), listening: true, self: 700}, port8080,
			ErrInUse, []string{ownHint, "ps -fp 812", "kill 812"}, "this process at 0.0.0.0:8080",
		},
		"Linux, no IPv6 in the kernel": {
			refusal{goos: "linux", cause: noFamily}, "[::1]:80",
			ErrNoFamily, []string{"grep -o ipv6.disable=1 /proc/cmdline", "sudo modprobe ipv6"}, "address family not available: ",
		},
		"Linux, no IPv6 sockets for this process": {
			refusal{goos: "linux", cause: noFamily, hasIPv6: true, self: 812}, "[::1]:80",
			ErrNoFamily, []string{"grep Seccomp /proc/812/status", "systemctl show --property=RestrictAddressFamilies UNIT"}, "address family not available: ",
		},
		"Windows, a service host": {
			refusal{goos: "windows", cause: inUse, owners: at8080(2044, "svchost.exe"), listening: true}, port8080,
			ErrInUse, []string{`tasklist /svc /FI "PID eq 2044"`, "netsh interface portproxy show all"}, "svchost.exe (pid 2044), which hosts Windows services, at 0.0.0.0:8080",
		},
		"Windows, WSL": {
			refusal{goos: "windows", cause: inUse, owners: at8080(9000, "wslrelay.exe"), listening: true}, port8080,
			ErrInUse, []string{`wsl.exe -u root -e ss -ltnp "sport = :8080"`, "wsl.exe --list --running", "wsl.exe -u root -e fuser -k 8080/tcp"}, "wslrelay.exe (pid 9000), which passes the port",
		},
		"Windows, range not listed": {
			refusal{goos: "windows", cause: inUse}, "[::1]:8080", ErrInUse, []string{"netstat -anoq | findstr :8080"}, "port in use: ",
		},
		"Windows, connections of a server that has ended": {
			refusal{goos: "windows", cause: forbidden, owners: at8080(812, "java.exe")}, port8080,
			ErrInUse, []string{"netstat -anoq | findstr :8080", "netsh interface ipv4 add excludedportrange protocol=tcp startport=8080 numberofports=1"}, "java.exe (pid 812)",
		},
		"macOS, in use by a client": {
			refusal{goos: "darwin", cause: inUse, owners: at8080(812, "firefox")}, port8080, ErrInUse, []string{"sudo lsof -nP -iTCP:8080"}, "firefox (pid 812)",
		},
		"macOS, AirPlay": {
			refusal{goos: "darwin", cause: inUse, owners: []Owner{{640, "ControlCenter", netip.MustParseAddrPort("0.0.0.0:5000")}}, listening: true}, "0.0.0.0:5000",
			ErrInUse, []string{`open "x-apple.systempreferences:com.apple.AirDrop-Handoff-Settings.extension"`}, "ControlCenter (pid 640), which is the AirPlay Receiver, at",
		},
		"Linux, no descriptors": {
			refusal{goos: "linux", cause: shortage, self: 812}, port80,
			nil, []string{"ls -l /proc/812/fd", "sudo prlimit --pid 812 --nofile=65536"}, "what the system said",
		},
		"macOS, no descriptors": {
			refusal{goos: "darwin", cause: shortage, self: 812}, port80,
			nil, []string{"lsof -p 812", "sysctl kern.maxfilesperproc kern.maxfiles"}, "what the system said",
		},
		"Windows, no buffers": {
			refusal{goos: "windows", cause: shortage, self: 812}, port80,
			nil, []string{"netstat -anoq", "netsh interface ipv4 show dynamicport tcp"}, "what the system said",
		},
		"anything else": {refusal{goos: "linux", cause: other}, port80, nil, nil, "what the system said"},
	} {
		t.Run(name, func(t *testing.T) {
			r := tt.refusal
			r.endpoint = literalEnd(tt.end)
			e := r.asError(&net.OpError{Op: "listen", Err: errors.New("what the system said")})
			assert.Equal(t, tt.kind, e.Kind)
			assert.Equal(t, tt.hints, e.Hints)
			text := e.text(r.goos)
			assert.True(t, strings.HasPrefix(text, "listen "+e.Network+" "+tt.end+": "), text)
			assert.Contains(t, text, tt.text)
			if tt.hints != nil && !strings.Contains(text, "; try, as administrator: ") {
				assert.True(t, strings.HasSuffix(text, "; try: "+tt.hints[0]), text)
			}
			assert.NotContains(t, text, "\n")
		})
	}
}

func TestErrorText(t *testing.T) {
	var owners []Owner
	for pid := range 6 {
		owners = append(owners, Owner{100 + pid, "worker", netip.MustParseAddrPort("0.0.0.0:80")})
	}
	e := refusal{goos: "linux", endpoint: literalEnd("0.0.0.0:80"), cause: inUse, owners: owners, listening: true}.asError(errors.New("taken"))
	assert.Equal(t, "listen tcp4 0.0.0.0:80: port in use: worker (pid 100) at 0.0.0.0:80, worker (pid 101) at 0.0.0.0:80,"+
		" worker (pid 102) at 0.0.0.0:80, and 3 more; try: ps -fp 100", e.text("linux"))
}

func TestErrorsFromTheSystem(t *testing.T) {
	taken := listenOn(t, "127.0.0.1:0")
	_, err := Dual(fmt.Sprint("127.0.0.1:", portOf(taken)))
	require.ErrorIs(t, err, ErrInUse)
	for _, no := range []error{ErrReserved, ErrDenied, ErrNoFamily, ErrNoAddress, fs.ErrNotExist} {
		assert.NotErrorIs(t, err, no)
	}
	var op *net.OpError
	require.ErrorAs(t, err, &op)
	assert.Equal(t, "listen", op.Op)
	var errno syscall.Errno
	assert.ErrorAs(t, err, &errno)

	_, err = Dual("203.0.113.77:0") // TEST-NET-3: no machine's
	assert.ErrorIs(t, err, ErrNoAddress)
}

func TestZeroError(t *testing.T) {
	e := &Error{Network: "tcp4", Addr: "127.0.0.1:80", Kind: ErrInUse}
	assert.ErrorIs(t, e, ErrInUse)
	assert.NotErrorIs(t, e, ErrDenied)
	assert.NotEmpty(t, e.Error())
	assert.NotEmpty(t, (&Error{}).Error())
}

func TestLackingErrorIsOneLine(t *testing.T) {
	why := os.NewSyscallError("socket", syscall.EAFNOSUPPORT)
	e := lacking("tcp", ":80", 0, []Skip{{"tcp4", "0.0.0.0:80", why}, {"tcp6", "[::]:80", why}})
	assert.ErrorIs(t, e, ErrNoFamily)
	assert.ErrorIs(t, e, syscall.EAFNOSUPPORT)
	assert.NotContains(t, e.Error(), "\n")
}
