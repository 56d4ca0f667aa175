package listen

import (
	"fmt"
	"net"
	"time"
)

const (
	// A pump accepts this many connections ahead of the calls.
	ahead = 4
	// A socket is hot after this many connections in a row. It no longer is when
	// more than one connection in strayCost has come from others for a while.
	hotAfter  = 16
	strayCost = 4
	maxStrays = 16

	// How long a socket rests after the system ran out of something that a new
	// connection needs.
	restMin = 5 * time.Millisecond
	restMax = time.Second
)

// socket is one of a Listener's sockets, and under the Listener's lock.
type socket struct {
	ln *net.TCPListener

	taken  bool // somebody accepts on it, or it rests
	direct bool // it is a call that accepts
	kicked bool // the deadline in the past is ours

	held  [ahead]outcome // for the next calls
	nheld int

	work chan struct{} // sets the pump to work; nil: there is no pump yet
	rest time.Duration // the last one, or zero
	wake *time.Timer   // ends the rest

	logging bool // a line about the rest is being written
}

// outcome is what AcceptTCP has returned to a pump.
type outcome struct {
	conn *net.TCPConn
	err  error
}

// take returns the first outcome that s holds.
func (s *socket) take() outcome {
	o := s.held[0]
	s.nheld--
	copy(s.held[:], s.held[1:])
	s.held[s.nheld] = outcome{}
	return o
}

// runPumps gives each socket on which nobody accepts its pump.
func (l *Listener) runPumps() {
	for _, s := range l.socks {
		if s.taken || s.nheld > 0 {
			continue
		}
		if s.work == nil {
			s.work = make(chan struct{}, 1)
			l.pumps.Go(func() { l.pump(s) })
		}
		s.taken = true
		s.work <- struct{}{}
	}
}

func (l *Listener) pump(s *socket) {
	for range s.work {
		for goOn := true; goOn; {
			c, err := s.ln.AcceptTCP()
			l.mu.Lock()
			goOn = l.deliver(s, outcome{c, err})
			l.mu.Unlock()
		}
	}
}

// deliver deals with what a pump has accepted, and says whether it is to go on.
func (l *Listener) deliver(s *socket, o outcome) bool {
	s.taken = false
	goOn := false
	switch held := l.settle(s, o.err); {
	case l.closed:
		if o.conn != nil {
			o.conn.Close()
		}
	case held:
		s.held[s.nheld] = o
		s.nheld++
		goOn = o.err == nil && s.nheld < ahead && s != l.hot
		s.taken = goOn
		l.notify()
	case !s.taken: // it does not rest
		goOn = l.calls > 0 && !l.expired()
		s.taken = goOn
	}
	return goOn
}

// restSocket keeps everybody from accepting on s for a while, because of err.
func (l *Listener) restSocket(s *socket, err error) {
	s.rest = min(max(2*s.rest, restMin), restMax)
	text := fmt.Sprintf("listen: %v; retrying in %v", err, s.rest)
	if !s.logging {
		// Neither under the lock nor waited for: the log may hang.
		s.logging = true
		go func() {
			l.log.Print(text)
			l.mu.Lock()
			defer l.mu.Unlock()
			s.logging = false
		}()
	}
	s.taken = true
	s.wake = time.AfterFunc(s.rest, func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		s.taken = false
		if !l.closed && l.calls > 0 {
			l.notify()
		}
	})
}
