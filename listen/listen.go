// Package listen opens a service's TCP port on IPv4 and IPv6, with one socket each. Its errors name
// the port's owner and say what to do.
//
//	l, err := listen.Dual(":8080")
//	if err != nil {
//		return err // listen tcp4 0.0.0.0:8080: port in use: nginx (pid 812) at 0.0.0.0:8080; try: ps -fp 812
//	}
//	return server.Serve(l)
//
// # Which address binds what
//
//	":8080"                 0.0.0.0 and [::]
//	"localhost:8080"        127.0.0.1 and [::1], without asking a resolver
//	"0.0.0.0:8080"          IPv4 only
//	"[::]:8080"             IPv6 only
//	"10.0.0.5:8080"         that address, as for any literal
//	"[fe80::1%eth0]:8080"   that address on that interface
//	"[::ffff:10.0.0.5]:80"  10.0.0.5: an IPv4-mapped address is IPv4
//	"db.example:8080"       every address that the name resolves to
//	":http"                 port 80: names of services are ports too
//	":0"                    one free port, the same for both families
//	"", "localhost", ":"    errors: the port is missing
//	"api.localhost:8080"    localhost, as every name that ends so (RFC 6761)
//	"*:8080", "::1:8080"    errors with the address to write, as for a URL and
//	"[fe80::1]:8080"        for a link-local address without its interface
//
// A family is skipped only if this machine does not have it; [Listener.Skipped] says why. Any other
// error, such as a port that is in use in just one family, fails the whole call and leaves nothing
// open.
//
// # What net.Listen does instead
//
// Two common claims about Go are wrong. One is that net.ipv6.bindv6only=1 on Linux makes
// net.Listen("tcp", ":8080") lose IPv4: Go sets IPV6_V6ONLY itself, whatever the default is. The
// other is that a listener on "tcp6" accepts IPv4 peers as IPv4-mapped ones: it never does.
//
//	                             net.Listen "tcp" ":0"         "tcp6" ":0"     Dual(":0")
//	both families                one socket, both families     IPv6 only       two sockets
//	bindv6only=1                 the same                      IPv6 only       two sockets
//	IPv6 switched off, no [::1]  [::], which serves IPv4       no client       two sockets
//	kernel without IPv6          0.0.0.0                       EAFNOSUPPORT    0.0.0.0; [::] is skipped
//	V6ONLY can't be cleared      one family, without an error  IPv6 only       two sockets
//
// V6ONLY can't be cleared on OpenBSD and DragonFly. On the other systems, two sockets differ from
// net.Listen as follows:
//
//   - "0.0.0.0:8080" is IPv4 only; net.Listen with "tcp" serves IPv6 as well.
//   - "localhost:8080" serves both loopback addresses. net.Listen binds 127.0.0.1 only, and clients
//     that try [::1] first have to wait for it to fail, on Windows for up to two seconds
//     (github.com/fastify/fastify/issues/1022).
//   - An IPv4 peer has an IPv4 address. On a dual-stack socket its
//     [net.TCPAddr.AddrPort] is ::ffff:a.b.c.d, which an allow-list of
//     127.0.0.0/8 does not match.
//
// # UDP
//
// [DualUDP] opens a UDP socket for each family in the same way, with the same errors.
//
// # Keep-alive
//
// Accepted connections have the same options as with net.Listen. On Linux they inherit them from
// the listening socket, which saves four of eight system calls per connection. If the system
// rejects an option on the listening socket, an error that net.Listen would ignore, the options are
// set on each connection.
//
// # Windows
//
// Ports are bound exclusively (SO_EXCLUSIVEADDRUSE), so that no other program can bind a more
// specific address of the same port and take its traffic; see [Config.Shared]. As a consequence, a
// port can't be bound again while connections accepted on it are still open (Microsoft, "Using
// SO_REUSEADDR and SO_EXCLUSIVEADDRUSE"); [Config.Patience] waits for that. If another socket
// listens on the port at an overlapping address, the error is [ErrInUse], although Windows would
// allow it: 127.0.0.1 beside 0.0.0.0, and 0.0.0.0 beside another program's dual-stack [::]
// (golang.org/issue/45150).
//
// # macOS and the BSDs
//
// The net package sets SO_REUSEADDR, with which these systems allow binding a specific address
// beside another program's wildcard, and vice versa. On macOS this package returns [ErrInUse] for
// it, as on Windows. Linux never allows it.
package listen

import (
	"context"
	"fmt"
	"log"
	"net"
	"strings"
	"syscall"
	"time"
)

// Families is a set of IP families.
type Families uint8

const (
	IPv4 Families = 1 << iota
	IPv6
)

// String returns "IPv4", "IPv6", "IPv4+IPv6" or "none".
func (f Families) String() string {
	var names []string
	if f&IPv4 != 0 {
		names = append(names, "IPv4")
	}
	if f&IPv6 != 0 {
		names = append(names, "IPv6")
	}
	if rest := f &^ (IPv4 | IPv6); rest != 0 {
		names = append(names, fmt.Sprintf("Families(%d)", uint8(rest)))
	}
	if names == nil {
		return "none"
	}
	return strings.Join(names, "+")
}

// Config holds options for listening. The zero value is the one that [Dual] and [DualUDP] use.
type Config struct {
	// Require is the set of families that must bind. If it is 0, one is enough.
	Require Families

	// Shared allows other sockets on the same port on Windows and macOS. On Windows it disables
	// SO_EXCLUSIVEADDRUSE, and on both systems it allows a port that another socket has at an
	// overlapping address. A Control that sets SO_REUSEADDR needs it. Other systems ignore it.
	Shared bool

	// KeepAlive configures accepted connections, as in [net.ListenConfig]. UDP ignores it.
	KeepAlive net.KeepAliveConfig

	// Control, if set, is called for each socket before it is bound, as in [net.ListenConfig]. The
	// network is "tcp4", "tcp6", "udp4" or "udp6".
	Control func(network, address string, c syscall.RawConn) error

	// ErrorLog is the logger to which Accept reports a shortage of descriptors and how long it
	// waits. If nil, the log package's standard logger is used, as in [net/http.Server].
	ErrorLog *log.Logger

	// Patience is the time for which to retry a port that is in use, unless the context ends first.
	// If it is 0, the port is tried once. Set it if, on a restart, the old process or, on Windows,
	// its open connections may keep the port for a moment. Port 0 is not retried.
	//
	// If the context ends first, the error matches both [ErrInUse] and the context's error.
	Patience time.Duration

	// NoMPTCP creates plain TCP sockets. On Linux Go listens with Multipath TCP by default
	// ([net.ListenConfig.SetMultipathTCP]), and TCP_REPAIR, TCP_MD5SIG and Landlock's rules for TCP
	// don't work with that. Other systems ignore it.
	NoMPTCP bool
}

// Dual listens on a TCP address in both families, as described in the package documentation. It is
// Config{}.Listen with a background context.
func Dual(address string) (*Listener, error) {
	return Config{}.Listen(context.Background(), address)
}

// Listen listens on a TCP address, as described in the package documentation. The context limits
// name resolution, the search for a free port and [Config.Patience]; it has no effect after Listen
// has returned.
//
// Every error is an [*Error]. It matches [ErrInUse], [ErrReserved], [ErrDenied], [ErrNoFamily] or
// [ErrNoAddress] with errors.Is, and wraps the [*net.OpError] of the socket that failed.
func (c Config) Listen(ctx context.Context, address string) (*Listener, error) {
	b, err := c.bindAddress(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	return newListener(b, c.ErrorLog), nil
}

// bindAddress opens sockets for everything that address stands for, or none.
func (c Config) bindAddress(ctx context.Context, proto, address string) (binding, error) {
	ends, err := resolve(ctx, proto, address)
	if err != nil {
		return binding{}, malformed(proto, address, err)
	}
	if missing := c.Require &^ familiesOf(ends); missing != 0 {
		return binding{}, lacking(proto, address, missing, nil)
	}
	b := c.bindPatiently(ctx, ends)
	if b.err != nil {
		b.close()
		e := explain(ctx, b.failed, b.err)
		e.ended = b.ended
		return binding{}, e
	}
	if missing := c.Require &^ b.families(); missing != 0 || len(b.bound) == 0 {
		b.close()
		return binding{}, lacking(proto, address, missing, b.skipped)
	}
	return b, nil
}

// Skip describes a family that was skipped because this machine lacks it.
type Skip struct {
	Network, Addr string // "tcp6", "[::]:8080"
	Err           error  // the system's error
}

func (s Skip) String() string { return s.Network + " " + s.Addr + ": " + s.Err.Error() }
