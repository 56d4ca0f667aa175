package bench

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"testing"

	"github.com/surefoot-go/surefoot/listen"
	utilnet "k8s.io/utils/net"
)

// A listenContender opens a service's port on both loopback addresses and
// returns how it takes connections: one listener for each accept loop.
type listenContender struct {
	name string
	open func() ([]net.Listener, error)
}

var listenContenders = []listenContender{
	{"net.Listen", func() ([]net.Listener, error) { // one dual-stack socket: the measure
		ln, err := net.Listen("tcp", ":0")
		return []net.Listener{ln}, err
	}},
	{"Listeners", func() ([]net.Listener, error) {
		l, err := listen.Dual("localhost:0")
		if err != nil {
			return nil, err
		}
		return l.Listeners(), nil
	}},
	{"Accept", func() ([]net.Listener, error) {
		l, err := listen.Dual("localhost:0")
		return []net.Listener{l}, err
	}},
	{"MultiListen", func() ([]net.Listener, error) {
		// Not 0.0.0.0 and [::]: under "tcp" the first one takes both families.
		port, err := freePort()
		if err != nil {
			return nil, err
		}
		ln, err := utilnet.MultiListen(context.Background(), "tcp", "127.0.0.1:"+port, "[::1]:"+port)
		return []net.Listener{ln}, err
	}},
	{"TwoPumps", func() ([]net.Listener, error) {
		l, err := listen.Dual("localhost:0")
		if err != nil {
			return nil, err
		}
		return []net.Listener{newTwoPumps(l.Listeners())}, nil
	}},
}

// freePort returns a port for those who can't ask for one on both families.
func freePort() (string, error) {
	l, err := listen.Dual("localhost:0")
	if err != nil {
		return "", err
	}
	_, port, err := net.SplitHostPort(l.Addr().String())
	l.Close()
	return port, err
}

// twoPumps is what one writes by hand: a goroutine for each socket, and a
// channel.
type twoPumps struct {
	lns   []net.Listener
	conns chan net.Conn
	done  chan struct{}
	pumps sync.WaitGroup
}

func newTwoPumps(lns []net.Listener) *twoPumps {
	p := &twoPumps{lns: lns, conns: make(chan net.Conn), done: make(chan struct{})}
	for _, ln := range lns {
		p.pumps.Go(func() {
			for {
				c, err := ln.Accept()
				if err != nil {
					return
				}
				select {
				case p.conns <- c:
				case <-p.done:
					c.Close()
				}
			}
		})
	}
	return p
}

func (p *twoPumps) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

func (p *twoPumps) Close() error {
	close(p.done)
	for _, ln := range p.lns {
		ln.Close()
	}
	p.pumps.Wait()
	return nil
}

func (p *twoPumps) Addr() net.Addr { return p.lns[0].Addr() }

// listenLoads are where clients connect to, and what they want.
var listenLoads = []struct {
	name  string
	hosts []string
	mode  clientMode
}{
	{"hot4", []string{"127.0.0.1"}, untilAccepted},
	{"hot6", []string{"::1"}, untilAccepted},
	{"both", []string{"127.0.0.1", "::1"}, untilAccepted},
	{"echo", []string{"127.0.0.1", "::1"}, oneByteEcho},
}

type clientMode string

const (
	untilAccepted clientMode = "accepted" // wait for the server to hang up
	oneByteEcho   clientMode = "echo"     // send a byte and have it back
	justConnect   clientMode = "connect"  // and hang up before the next order
)

// accepting is a contender that serves until its close is called.
type accepting struct {
	port  string
	close func()
}

func startAccepting(c listenContender, mode clientMode) (accepting, error) {
	lns, err := c.open()
	if err != nil {
		return accepting{}, err
	}
	_, port, err := net.SplitHostPort(lns[0].Addr().String())
	var loops sync.WaitGroup
	for _, ln := range lns {
		loops.Go(func() {
			for {
				conn, err := ln.Accept()
				if err != nil {
					return
				}
				if mode == oneByteEcho {
					go echoOneByte(conn)
				} else {
					conn.Close()
				}
			}
		})
	}
	return accepting{port, func() {
		for _, ln := range lns {
			ln.Close()
		}
		loops.Wait()
	}}, err
}

func echoOneByte(c net.Conn) {
	defer c.Close()
	var b [1]byte
	if _, err := c.Read(b[:]); err == nil {
		c.Write(b[:])
	}
}

// BenchmarkListen has clients in another process connect and hang up; what it
// allocates is the server's.
func BenchmarkListen(b *testing.B) {
	for _, load := range listenLoads {
		for _, c := range listenContenders {
			b.Run(load.name+"/"+c.name, func(b *testing.B) {
				clients := startClients(b)
				b.ReportAllocs()
				s, err := startAccepting(c, load.mode)
				if err != nil {
					b.Fatal(err)
				}
				defer s.close()
				const batch = 200
				n := 0
				for b.Loop() {
					if n++; n%batch == 0 { // a process for clients works by the batch
						clients.run(b, s.port, load.hosts, load.mode, batch)
					}
				}
			})
		}
	}
}

// listenClients is a process of clients: its input says where to connect how
// often, and it answers when that is done.
type listenClients struct {
	in  io.WriteCloser
	out *bufio.Reader
}

const listenClientsVar = "SUREFOOT_BENCH_LISTEN_CLIENTS"

func startClients(tb testing.TB) *listenClients {
	tb.Helper()
	exe, err := os.Executable()
	if err != nil {
		tb.Fatal(err)
	}
	cmd := exec.Command(exe, "-test.run=^TestListenClients$")
	cmd.Env = append(os.Environ(), listenClientsVar+"=1")
	in, err := cmd.StdinPipe()
	if err != nil {
		tb.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		tb.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		in.Close()
		cmd.Wait()
	})
	return &listenClients{in, bufio.NewReader(out)}
}

func (l *listenClients) run(tb testing.TB, port string, hosts []string, mode clientMode, conns int) {
	tb.Helper()
	fmt.Fprintln(l.in, port, mode, conns, len(hosts))
	for _, host := range hosts {
		fmt.Fprintln(l.in, host)
	}
	answer, err := l.out.ReadString('\n')
	if err != nil || answer != "done\n" {
		tb.Fatalf("clients: %q, %v", answer, err)
	}
}

// TestListenClients is the process of clients, and otherwise nothing.
func TestListenClients(t *testing.T) {
	if os.Getenv(listenClientsVar) == "" {
		t.Skip("the other half of BenchmarkListen")
	}
	in := bufio.NewReader(os.Stdin)
	var held []net.Conn
	for {
		var port string
		var mode clientMode
		var conns, n int
		if _, err := fmt.Fscan(in, &port, &mode, &conns, &n); err != nil {
			os.Exit(0) // before the testing package prints anything
		}
		addrs := make([]string, n)
		for i := range addrs {
			fmt.Fscan(in, &addrs[i])
			addrs[i] = net.JoinHostPort(addrs[i], port)
		}
		for _, c := range held {
			c.Close()
		}
		var err error
		if held, err = connectAll(addrs, mode, conns); err != nil {
			fmt.Println(strconv.Quote(err.Error()))
			continue
		}
		fmt.Println("done")
	}
}

func connectAll(addrs []string, mode clientMode, conns int) ([]net.Conn, error) {
	const clients = 32
	var group sync.WaitGroup
	errs := make(chan error, clients)
	all := make([]net.Conn, conns)
	for client := range clients {
		group.Go(func() {
			for i := client; i < conns; i += clients {
				var err error
				if all[i], err = connect(addrs[i%len(addrs)], mode); err != nil {
					errs <- err
					return
				}
			}
		})
	}
	group.Wait()
	close(errs)
	return all, <-errs
}

// connect returns a connection that has had what it wants. Closing it resets it:
// a connection in TIME_WAIT would keep its port from the next ones.
func connect(addr string, mode clientMode) (net.Conn, error) {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	c.(*net.TCPConn).SetLinger(0)
	var b [1]byte
	switch mode {
	case justConnect:
		return c, nil
	case untilAccepted:
		if _, err = c.Read(b[:]); err == io.EOF {
			err = nil
		}
	case oneByteEcho:
		if _, err = c.Write(b[:]); err == nil {
			_, err = io.ReadFull(c, b[:])
		}
	}
	return c, errors.Join(err, c.Close())
}
