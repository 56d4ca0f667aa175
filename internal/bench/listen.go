package bench

import (
	"context"
	"fmt"
	"net"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	utilnet "k8s.io/utils/net"

	"github.com/surefoot-go/surefoot/internal/bench/contest"
	"github.com/surefoot-go/surefoot/listen"
)

// listenOpeners open a service's port on both loopback addresses and return how each takes
// connections: one listener for each accept loop.
var listenOpeners = []struct {
	name string
	open func() ([]net.Listener, error)
}{
	{"net.Listen", func() ([]net.Listener, error) { // one dual-stack socket: the measure
		ln, err := net.Listen("tcp", ":0")
		return []net.Listener{ln}, err
	}},
	{"listen, Listeners()", func() ([]net.Listener, error) {
		l, err := listen.Dual("localhost:0")
		if err != nil {
			return nil, err
		}
		return l.Listeners(), nil
	}},
	{"listen, Accept", func() ([]net.Listener, error) {
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
	{"two pumps", func() ([]net.Listener, error) {
		port, err := freePort()
		if err != nil {
			return nil, err
		}
		var lns []net.Listener
		for _, host := range loopbackBoth {
			ln, err := net.Listen("tcp", net.JoinHostPort(host, port))
			if err != nil {
				return nil, err
			}
			lns = append(lns, ln)
		}
		return []net.Listener{newTwoPumps(lns)}, nil
	}},
}

// freePort returns a port for sides that can't ask for one on both families.
func freePort() (string, error) {
	l, err := listen.Dual("localhost:0")
	if err != nil {
		return "", err
	}
	_, port, err := net.SplitHostPort(l.Addr().String())
	l.Close()
	return port, err
}

// A listenLoad is where clients connect to, and what they want.
type listenLoad struct {
	name    string
	hosts   []string
	mode    clientMode
	clients int  // at once
	backlog bool // they have connected before the clock starts

	rate, cpu float64 // what Accept is to reach of net.Listen's
}

var (
	loopback4    = []string{"127.0.0.1"}
	loopback6    = []string{"::1"}
	loopbackBoth = []string{"127.0.0.1", "::1"}
)

func listenContests() (all []*contest.Contest) {
	for _, load := range []listenLoad{
		{"hot IPv4", loopback4, justConnect, 32, false, 0.95, 1.25},
		{"hot IPv6", loopback6, justConnect, 32, false, 0.95, 1.25},
		{"50/50", loopbackBoth, justConnect, 32, false, 0.90, 1.4},
		{"50/50, hung up", loopbackBoth, untilAccepted, 32, false, 0.90, 0},
		{"1-byte echo", loopbackBoth, oneByteEcho, 32, false, 0.97, 1},
		{"full backlog, hot IPv4", loopback4, justConnect, 32, true, 0.95, 1.25},
		{"full backlog, hot IPv6", loopback6, justConnect, 32, true, 0.95, 1.25},
		{"full backlog, 50/50", loopbackBoth, justConnect, 32, true, 0.90, 1.4},
	} {
		c := load.contest()
		c.Name, c.Least = "listen/"+load.name, 31
		c.Rows = []contest.Row{
			{What: "Listeners()", Ours: "listen, Listeners()", Peer: "net.Listen", Asked: 1},
			{What: "Listeners(), CPU", Ours: "listen, Listeners()", Peer: "net.Listen", Metric: contest.CPU},
			{What: "Accept", Ours: "listen, Accept", Peer: "net.Listen", Asked: load.rate},
			{What: "Accept, CPU", Ours: "listen, Accept", Peer: "net.Listen", Metric: contest.CPU, Asked: load.cpu},
			{What: "Accept", Ours: "listen, Accept", Peer: "MultiListen", Asked: 1},
			{What: "Accept, CPU", Ours: "listen, Accept", Peer: "MultiListen", Metric: contest.CPU, Asked: 1.2},
			{What: "Accept", Ours: "listen, Accept", Peer: "two pumps", Asked: 1},
			{What: "Accept, CPU", Ours: "listen, Accept", Peer: "two pumps", Metric: contest.CPU},
		}
		if load.name == "hot IPv4" {
			c.Rows = append(c.Rows, contest.Row{What: "Accept, allocations", Ours: "listen, Accept", Peer: "net.Listen", Metric: contest.Allocs, Asked: 1})
		}
		all = append(all, c)
	}
	for clients := 1; clients <= 256; clients *= 4 {
		c := listenLoad{hosts: loopbackBoth, mode: untilAccepted, clients: clients}.contest()
		c.Name, c.Curve, c.X = "listen/concurrency", "listen-concurrency", float64(clients)
		all = append(all, c)
	}
	return append(all, &contest.Contest{
		Name: "listen/goroutines",
		Rows: []contest.Row{{What: "Accept, while it waits", Ours: "listen, Accept", Metric: contest.Count, Asked: 2, Gross: 2}},
		Own:  listenGoroutines,
	})
}

func (load listenLoad) contest() *contest.Contest {
	return &contest.Contest{Open: func(env contest.Env) (sides []contest.Side, err error) {
		if load.mode == justConnect && runtime.GOOS != "linux" {
			return nil, contest.Skip("the queue of a socket holds fewer connections")
		}
		clients, err := startClients(env)
		if err != nil {
			return nil, err
		}
		for _, opener := range listenOpeners {
			sides = append(sides, contest.Side{Name: opener.name, Once: 500, Do: func(n int, t contest.Timer) error {
				for n > 0 {
					t.StopTimer()
					lns, err := opener.open()
					if err != nil {
						return err
					}
					batch := min(n, maxBatch)
					if err := load.serve(lns, clients, batch, t); err != nil {
						return err
					}
					n -= batch
				}
				return nil
			}})
		}
		return sides, nil
	}}
}

// maxBatch connections fit in a socket's queue, and in a process's descriptors.
const maxBatch = 1000

// serve accepts n connections and closes the listeners. If the clients only connect, the clock
// stops before the connections are closed, so that accepting alone is measured: closing one costs
// the server about as much.
func (load listenLoad) serve(lns []net.Listener, clients *listenClients, n int, t contest.Timer) error {
	var loops sync.WaitGroup
	served := newCountdown(n)
	kept := make([][]net.Conn, len(lns)) // by each loop, until the clock has stopped
	for i := range kept {
		kept[i] = make([]net.Conn, 0, n)
	}
	serve := func() {
		for i, ln := range lns {
			loops.Go(func() {
				for {
					conn, err := ln.Accept()
					if err != nil {
						return
					}
					switch load.mode {
					case oneByteEcho:
						go func() { echoOneByte(conn); served.one() }()
						continue
					case justConnect:
						kept[i] = append(kept[i], conn)
					default:
						conn.Close()
					}
					served.one()
				}
			})
		}
	}
	_, port, err := net.SplitHostPort(lns[0].Addr().String())
	switch {
	case err != nil:
	case load.backlog:
		// The clients have connected, and the system has done its part, when the clock starts.
		if err = clients.run(port, load, n); err == nil {
			idle := clients.idle() // as a server has connections on which it waits
			t.StartTimer()
			serve()
			err = served.await()
			t.StopTimer()
			idle()
		}
	default:
		t.StartTimer()
		serve()
		if err = clients.run(port, load, n); err == nil {
			err = served.await()
		}
		t.StopTimer()
	}
	for _, ln := range lns {
		ln.Close()
	}
	loops.Wait()
	for _, conns := range kept {
		for _, conn := range conns {
			conn.Close()
		}
	}
	t.StartTimer()
	return err
}

// A countdown tells when n connections have been served. It wakes no goroutine before that: what is
// measured is accepting.
type countdown struct {
	n    atomic.Int64
	done chan struct{}
}

func newCountdown(n int) *countdown {
	c := &countdown{done: make(chan struct{})}
	c.n.Store(int64(n))
	return c
}

func (c *countdown) one() {
	if c.n.Add(-1) == 0 {
		close(c.done)
	}
}

func (c *countdown) await() error {
	late := time.NewTimer(time.Minute)
	defer late.Stop()
	select {
	case <-c.done:
		return nil
	case <-late.C:
		return fmt.Errorf("%d connections were not served", c.n.Load())
	}
}

func echoOneByte(c net.Conn) {
	defer c.Close()
	var b [1]byte
	if _, err := c.Read(b[:]); err == nil {
		c.Write(b[:])
	}
}

// listenGoroutines counts those that Accept has taken on: its caller's among them.
func listenGoroutines(contest.Env, contest.Options) (contest.Samples, error) {
	before := runtime.NumGoroutine()
	l, err := listen.Dual("localhost:0")
	if err != nil {
		return nil, err
	}
	var loop sync.WaitGroup
	loop.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			c.Close()
		}
	})
	for _, addr := range l.Addrs() { // once they have been served, Accept has all that it needs
		c, err := net.Dial(addr.Network(), addr.String())
		if err == nil {
			_, err = c.Read(make([]byte, 1))
			c.Close()
		}
		if err == nil || err.Error() != "EOF" {
			l.Close()
			return nil, fmt.Errorf("dial %v: %v", addr, err)
		}
	}
	n := runtime.NumGoroutine() - before
	err = l.Close()
	loop.Wait()
	return contest.Samples{{Side: "listen, Accept", Metric: contest.Count}: {float64(n)}}, err
}
