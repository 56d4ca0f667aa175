package listen

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func literalEnd(s string) endpoint { return endpoint{addr: netip.MustParseAddrPort(s)} }

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
	end := func(from origin) endpoint { return endpoint{netip.MustParseAddrPort("127.0.0.1:80"), from} }
	for _, tt := range []struct {
		from origin
		err  error
		want bool
	}{
		{expanded, nothing, true},
		{expanded, family, true},
		{expanded, taken, false},
		{resolved, nothing, false}, // 127.0.0.1 is there, so the family is
		{resolved, family, true},
		{resolved, taken, false},
		{literal, nothing, false},
		{literal, family, false},
	} {
		assert.Equal(t, tt.want, absent(end(tt.from), tt.err), "%d %v", tt.from, tt.err)
	}
}

func TestOverlaps(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		want bool
	}{
		{"127.0.0.1:80", "0.0.0.0:80", true},
		{"0.0.0.0:80", "10.0.0.5:80", true},
		{"[::1]:80", "[::]:80", true},
		{"127.0.0.1:80", "0.0.0.0:81", false},
		{"127.0.0.1:80", "[::]:80", false},
		{"127.0.0.1:80", "127.0.0.2:80", false},
		{"0.0.0.0:80", "0.0.0.0:80", false}, // it is the socket's own row
	} {
		assert.Equal(t, tt.want, overlaps(netip.MustParseAddrPort(tt.a), netip.MustParseAddrPort(tt.b)), "%s %s", tt.a, tt.b)
	}
}

func TestRefusals(t *testing.T) {
	const port80, port8080 = "127.0.0.1:80", "127.0.0.1:8080"
	nginx := []Owner{{0, "", netip.MustParseAddrPort("[::]:8080")}, {812, "nginx", netip.MustParseAddrPort("0.0.0.0:8080")}}
	system := []Owner{{4, "System", netip.MustParseAddrPort("0.0.0.0:80")}}
	winnat := []PortRange{{8000, 8099, false}, {8100, 8100, false}}
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
			ErrInUse, nil, "port in use: this process at 0.0.0.0:8080",
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
		"Linux, nobody's address": {
			refusal{goos: "linux", cause: noAddress}, "203.0.113.1:80",
			ErrNoAddress, []string{"ip -brief address"}, "no interface has this address: ",
		},
		"macOS, no 127.0.0.2": {
			refusal{goos: "darwin", cause: noAddress}, "127.0.0.2:80",
			ErrNoAddress, []string{"ifconfig"}, "no interface has this address: ",
		},
		"Windows, in use": {
			refusal{goos: "windows", cause: inUse, owners: nginx, listening: true}, port8080,
			ErrInUse, []string{`tasklist /FI "PID eq 812" /V`, "taskkill /PID 812 /F"}, "nginx (pid 812) at 0.0.0.0:8080",
		},
		"Windows, in use exclusively": {
			refusal{goos: "windows", cause: forbidden, owners: nginx, listening: true}, port8080,
			ErrInUse, []string{`tasklist /FI "PID eq 812" /V`, "taskkill /PID 812 /F"}, "nginx (pid 812) at 0.0.0.0:8080",
		},
		"Windows, in use by the kernel": {
			refusal{goos: "windows", cause: forbidden, owners: system, listening: true}, port80,
			ErrInUse, []string{"netsh http show servicestate view=requestq", "sc.exe queryex w3svc", "net stop w3svc"}, "System (pid 4), which is HTTP.sys: ",
		},
		"Windows, reserved": {
			refusal{goos: "windows", cause: forbidden, ranges: winnat}, port8080,
			ErrReserved, []string{"net stop winnat", "netsh interface ipv4 add excludedportrange protocol=tcp startport=8080 numberofports=1",
				"net start winnat", "netsh interface ipv4 show excludedportrange protocol=tcp"},
			"port in a range that Windows has reserved: 8000-8099, as Hyper-V, WSL and Docker have WinNAT do; port 8101 is not; try, as administrator:" +
				" net stop winnat; netsh interface ipv4 add excludedportrange protocol=tcp startport=8080 numberofports=1; net start winnat",
		},
		"Windows, reserved for IPv6": {
			refusal{goos: "windows", cause: forbidden, ranges: winnat}, "[::1]:8080",
			ErrReserved, []string{"net stop winnat", "netsh interface ipv6 add excludedportrange protocol=tcp startport=8080 numberofports=1",
				"net start winnat", "netsh interface ipv6 show excludedportrange protocol=tcp"}, "8000-8099",
		},
		"Windows, in an administered range": {
			refusal{goos: "windows", cause: forbidden, ranges: free}, port8080,
			ErrDenied, []string{"netsh interface ipv4 show excludedportrange protocol=tcp", "netstat -ano -p TCP | findstr :8080"}, "not permitted: ",
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
			nil, []string{"netstat -ano -p TCP", "netsh interface ipv4 show dynamicport tcp"}, "what the system said",
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
			if tt.hints != nil && tt.kind != ErrReserved {
				assert.True(t, strings.HasSuffix(text, "; try: "+tt.hints[0]), text)
			}
			assert.NotContains(t, text, "\n")
		})
	}
}

func TestErrorTextIsShort(t *testing.T) {
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

	_, err = Dual("203.0.113.77:0") // TEST-NET-3: nobody's
	assert.ErrorIs(t, err, ErrNoAddress)
}

func TestErrorOfAnybody(t *testing.T) {
	e := &Error{Network: "tcp4", Addr: "127.0.0.1:80", Kind: ErrInUse}
	assert.ErrorIs(t, e, ErrInUse)
	assert.NotErrorIs(t, e, ErrDenied)
	assert.NotEmpty(t, e.Error())
	assert.NotEmpty(t, (&Error{}).Error())
}

func TestLackingIsOneLine(t *testing.T) {
	why := os.NewSyscallError("socket", syscall.EAFNOSUPPORT)
	e := lacking(":80", 0, []Skip{{"tcp4", "0.0.0.0:80", why}, {"tcp6", "[::]:80", why}})
	assert.ErrorIs(t, e, ErrNoFamily)
	assert.ErrorIs(t, e, syscall.EAFNOSUPPORT)
	assert.NotContains(t, e.Error(), "\n")
}
