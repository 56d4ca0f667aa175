package listen

import (
	"errors"
	"fmt"
	"net"
	"os"
	"time"
)

// How Accept serves several sockets:
//
// While a call waits in Accept, each socket has one acceptor. If nearly all connections come from
// one socket, the hot one, a call blocks in that socket itself, at the cost of a single listener.
// Every other socket, and every socket if none is hot, has a pump: a goroutine that accepts into a
// short queue, wakes a call, and pauses when its queue is full until the queue is empty again.
// Calls that do not block in a socket wait for the pumps. The call that does is woken by a deadline
// in the past, which costs more, so there is no hot socket while the others are busy.
const (
	// A pump accepts this many connections ahead of the calls. Fewer would cost more wake-ups; more
	// would make a server that limits its connections hold more than it wants.
	ahead = 4
	// A socket becomes hot after this many connections in a row. It stops being hot once more than
	// one connection in strayCost has come from other sockets for a while.
	hotAfter  = 16
	strayCost = 4
	maxStrays = 16

	// The time for which a socket rests after the system ran out of a resource that a new
	// connection needs.
	restMin = 5 * time.Millisecond
	restMax = time.Second
)

// socket is one of a Listener's sockets, guarded by the Listener's lock.
type socket struct {
	ln *net.TCPListener

	taken  bool // it has an acceptor, or rests
	direct bool // the acceptor is a call
	kicked bool // its deadline is the one in the past that wakes that call

	held  [ahead]outcome // for the next calls
	nheld int

	work chan struct{} // sets the pump to work; nil: there is no pump yet
	rest time.Duration // the last one, or zero
	wake *time.Timer   // ends the rest

	logging bool // a line about the rest is being written
}

// outcome is the result of a pump's AcceptTCP call.
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

func (l *Listener) accept() (*net.TCPConn, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.calls++
	defer l.leave()
	for {
		if l.closed {
			return nil, l.opError("accept", net.ErrClosed)
		}
		if l.expired() {
			return nil, l.opError("accept", os.ErrDeadlineExceeded)
		}
		if s := l.holder(); s != nil {
			l.turn = (l.turn + 1) % len(l.socks)
			l.count(s)
			o := s.take()
			return o.conn, o.err
		}
		s := l.hot
		if s == nil || s.taken {
			l.runPumps()
			l.queued++
			l.queue.Wait()
			l.queued--
			continue
		}
		s.taken, s.direct = true, true
		l.runPumps()
		l.mu.Unlock()
		c, err := s.ln.AcceptTCP()
		l.mu.Lock()
		s.taken, s.direct = false, false
		if l.settle(s, err) {
			l.count(s)
			return c, err
		}
	}
}

// leave hands pending connections and the free socket to another waiting call.
func (l *Listener) leave() {
	l.calls--
	if l.calls > 0 && !l.closed {
		l.notify()
	}
}

// settle handles the outcome of an AcceptTCP call and reports whether to return it to the caller.
func (l *Listener) settle(s *socket, err error) bool {
	timedOut := errors.Is(err, os.ErrDeadlineExceeded)
	if s.kicked || timedOut {
		// The deadline was that of a kick, the caller's, or one set on the socket itself. The next
		// acceptor sets the right one.
		s.kicked = false
		s.ln.SetDeadline(l.deadline)
	}
	switch {
	case err == nil:
		s.rest = 0
		return true
	case l.closed || timedOut:
		return false
	}
	switch causeOf(err) {
	case shortage:
		l.restSocket(s, err)
		return false
	case hungUp:
		return false
	}
	return true
}

// holder returns a socket that holds an outcome for a call, round robin.
func (l *Listener) holder() *socket {
	for i := range l.socks {
		if s := l.socks[(l.turn+i)%len(l.socks)]; s.nheld > 0 {
			return s
		}
	}
	return nil
}

// count records that a call got a connection from s, and decides which socket is hot.
func (l *Listener) count(s *socket) {
	if s != l.last {
		l.last, l.row = s, 0
	}
	l.row++
	switch {
	case s == l.hot:
		l.strays = max(l.strays-1, 0)
	case l.row >= hotAfter:
		l.hot, l.strays = s, 0
	case l.hot != nil:
		if l.strays += strayCost; l.strays >= maxStrays {
			l.hot = nil
		}
	}
}

// notify makes sure that a waiting call finds held outcomes and free sockets.
func (l *Listener) notify() {
	holding := l.holder() != nil
	switch {
	case l.queued > 0 && (holding || l.hot != nil && !l.hot.taken):
		l.queue.Signal()
	case holding:
		l.kick()
	case l.calls > 0:
		l.runPumps()
	}
}

// kick wakes the call that blocks in a socket, if any.
func (l *Listener) kick() {
	for _, s := range l.socks {
		if s.direct && !s.kicked {
			s.kicked = true
			s.ln.SetDeadline(time.Unix(1, 0))
		}
	}
}

// runPumps starts the pump of each socket without an acceptor.
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

// deliver handles the outcome of a pump and reports whether the pump should continue.
func (l *Listener) deliver(s *socket, o outcome) (goOn bool) {
	s.taken = false
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

// restSocket keeps all acceptors away from s for a while because of err.
func (l *Listener) restSocket(s *socket, err error) {
	s.rest = min(max(2*s.rest, restMin), restMax)
	text := fmt.Sprintf("listen: %v; retrying in %v", err, s.rest)
	if !s.logging {
		// Log in a separate goroutine without the lock, because the logger may block.
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
