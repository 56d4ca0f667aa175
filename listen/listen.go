// Package listen opens a service's TCP port on IPv4 and IPv6, each with a socket of its own, and
// its errors name the port's owner and what to do.
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
// A family is left out only when this machine does not have it, and [Listener.Skipped] says why.
// Any other refusal, such as a port that is taken for one family alone, fails the whole call and
// leaves nothing open.
//
// # What net.Listen does instead
//
// Two things are often said of Go and are not so: that Linux's net.ipv6.bindv6only=1 makes
// net.Listen("tcp", ":8080") lose IPv4 (Go sets IPV6_V6ONLY itself, whatever the default is), and
// that a listener on "tcp6" takes IPv4 peers as IPv4-mapped ones (it never does).
//
//	                             net.Listen "tcp" ":0"         "tcp6" ":0"     Dual(":0")
//	both families                one socket, both families     IPv6 only       two sockets
//	bindv6only=1                 the same                      IPv6 only       two sockets
//	IPv6 switched off, no [::1]  [::], which serves IPv4       no client       two sockets
//	kernel without IPv6          0.0.0.0                       EAFNOSUPPORT    0.0.0.0; [::] is skipped
//	V6ONLY can't be cleared      one family, without an error  IPv6 only       two sockets
//
// V6ONLY can't be cleared on OpenBSD and DragonFly. What two sockets give on the other systems:
//
//   - "0.0.0.0:8080" is IPv4 only; under "tcp" net.Listen serves IPv6 as well.
//   - "localhost:8080" serves both loopback addresses; net.Listen takes
//     127.0.0.1 only, and clients that try [::1] first wait for it, on Windows
//     up to two seconds (github.com/fastify/fastify/issues/1022).
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
// Accepted connections have the options that net.Listen gives them. On Linux they have them from
// the listening socket, which saves four of eight system calls for each; where that is not exact,
// because the system refuses an option that net.Listen would forgive, they are set on each.
//
// # Windows
//
// Ports are taken exclusively (SO_EXCLUSIVEADDRUSE), so that no other program can bind a more
// specific address of the same port and take the traffic, see [Config.Shared]. The price: a port
// whose accepted connections are still open can't be taken again until they end (Microsoft, "Using
// SO_REUSEADDR and SO_EXCLUSIVEADDRUSE"): [Config.Patience] waits for that. A port on which another
// socket listens at an address that overlaps is refused with [ErrInUse], although Windows would
// share it out: 127.0.0.1 beside 0.0.0.0, and 0.0.0.0 beside another program's dual-stack [::]
// (golang.org/issue/45150).
//
// # macOS and the BSDs
//
// The net package sets SO_REUSEADDR, with which these systems let a specific address be bound
// beside another program's wildcard, and the other way around. On macOS that is refused as on
// Windows. Linux never allows it.
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

// Config says how to listen. The zero value is what [Dual] and [DualUDP] use.
type Config struct {
	// Require names the families that must bind. With 0, one is enough.
	Require Families

	// Shared leaves the port open to others on Windows and macOS. On Windows it does not set
	// SO_EXCLUSIVEADDRUSE, and on both it does not refuse a port that another socket has at an
	// address that overlaps. A Control that sets SO_REUSEADDR needs it. Other systems ignore it.
	Shared bool

	// KeepAlive is for accepted connections, as in [net.ListenConfig]. UDP ignores it.
	KeepAlive net.KeepAliveConfig

	// Control, if set, is called for each socket before it is bound, as in [net.ListenConfig]. The
	// network is "tcp4", "tcp6", "udp4" or "udp6".
	Control func(network, address string, c syscall.RawConn) error

	// ErrorLog is where Accept reports that it is short of descriptors and how long it waits. Nil
	// is the log package's standard logger, as in [net/http.Server].
	ErrorLog *log.Logger

	// Patience is for how long a port that is in use is tried again, for as long as the context
	// lasts. With 0 it is tried once. A restart needs it where the old process, or on Windows its
	// open connections, may have the port for a moment longer. A port 0 is not tried again.
	//
	// If the context ends first, the error matches both [ErrInUse] and the context's.
	Patience time.Duration

	// NoMPTCP makes plain TCP sockets. On Linux Go listens with Multipath TCP by default
	// ([net.ListenConfig.SetMultipathTCP]), and TCP_REPAIR, TCP_MD5SIG and Landlock's rules for TCP
	// don't work with that. Other systems ignore it.
	NoMPTCP bool
}

// Dual listens on a TCP address in both families, as described in the package's doc. It is
// Config{}.Listen with a background context.
func Dual(address string) (*Listener, error) {
	return Config{}.Listen(context.Background(), address)
}

// Listen listens on a TCP address, as described in the package's doc. The context bounds the
// resolution of names, the search for a free port and [Config.Patience]; once Listen has returned
// it has no effect.
//
// Each error is an [*Error]. errors.Is finds [ErrInUse], [ErrReserved], [ErrDenied], [ErrNoFamily]
// or [ErrNoAddress] in it, and errors.As the [*net.OpError] of the socket that was refused.
func (c Config) Listen(ctx context.Context, address string) (*Listener, error) {
	b, err := c.bindAddress(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	return newListener(b, c.ErrorLog), nil
}

// bindAddress opens a socket for all that address stands for, or none.
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

// Skip tells of a family that this machine lacks.
type Skip struct {
	Network, Addr string // "tcp6", "[::]:8080"
	Err           error  // what the system said
}

func (s Skip) String() string { return s.Network + " " + s.Addr + ": " + s.Err.Error() }
