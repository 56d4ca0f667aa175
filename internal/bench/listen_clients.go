package bench

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"sync"

	"github.com/surefoot-go/surefoot/internal/bench/contest"
)

type clientMode string

const (
	untilAccepted clientMode = "accepted" // wait for the server to hang up
	oneByteEcho   clientMode = "echo"     // send a byte and have it back
	justConnect   clientMode = "connect"  // and hang up before the next order

	keepConnections clientMode = "keep" // makes none
)

// listenClients is a process of clients: its input says where to connect how often, and it answers
// when that is done. So the CPU time here is the server's.
type listenClients struct {
	in  io.WriteCloser
	out *bufio.Reader
}

func startClients(env contest.Env) (*listenClients, error) {
	cmd, err := helperCommand(env, "listen-clients")
	if err != nil {
		return nil, err
	}
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	env.Cleanup(func() {
		in.Close()
		cmd.Wait()
	})
	return &listenClients{in, bufio.NewReader(out)}, nil
}

func (l *listenClients) run(port string, load listenLoad, conns int) error {
	fmt.Fprintln(l.in, port, load.mode, conns, load.clients, len(load.hosts))
	for _, host := range load.hosts {
		fmt.Fprintln(l.in, host)
	}
	answer, err := l.out.ReadString('\n')
	if err != nil || answer != "done\n" {
		return fmt.Errorf("clients: %q, %v", answer, err)
	}
	return nil
}

// idle has a goroutine wait for the clients' next answer until the function that it returns is
// called. The clients answer at once to an order of no connections.
func (l *listenClients) idle() (stop func()) {
	var wait sync.WaitGroup
	wait.Go(func() { l.out.ReadString('\n') })
	return func() {
		fmt.Fprintln(l.in, "0", keepConnections, 0, 0, 0)
		wait.Wait()
	}
}

// listenClientsMain is the process of clients.
func listenClientsMain() {
	in := bufio.NewReader(os.Stdin)
	var held []net.Conn
	for {
		var port string
		var mode clientMode
		var conns, clients, n int
		if _, err := fmt.Fscan(in, &port, &mode, &conns, &clients, &n); err != nil {
			return
		}
		addrs := make([]string, n)
		for i := range addrs {
			fmt.Fscan(in, &addrs[i])
			addrs[i] = net.JoinHostPort(addrs[i], port)
		}
		if mode == keepConnections {
			fmt.Println("done")
			continue
		}
		for _, c := range held {
			c.Close()
		}
		var err error
		if held, err = connectAll(addrs, mode, conns, clients); err != nil {
			fmt.Println(strconv.Quote(err.Error()))
			continue
		}
		fmt.Println("done")
	}
}

func connectAll(addrs []string, mode clientMode, conns, clients int) ([]net.Conn, error) {
	var group sync.WaitGroup
	errs := make(chan error, clients)
	all := make([]net.Conn, conns)
	for client := range clients {
		group.Go(func() {
			turn := client // the families take turns
			for i := client; i < conns; i += clients {
				var err error
				turn++
				if all[i], err = connect(addrs[turn%len(addrs)], mode); err != nil {
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

// connect returns a connection that has had what it wants. Closing it resets it: a connection in
// TIME_WAIT would keep its port from the next ones.
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
