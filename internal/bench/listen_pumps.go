package bench

import (
	"net"
	"sync"
)

// twoPumps is what one writes by hand: a goroutine for each socket, and a channel.
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
