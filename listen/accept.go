package listen

import (
	"errors"
	"net"
	"os"
	"sync"
	"time"
)

const (
	// A pump accepts this many connections ahead of the calls.
	ahead = 4
	// A pump that delivers this many in a row, while the calls' own socket has
	// none, loses its place to them.
	patience = 2 * ahead

	// How long a socket rests after the system ran out of something that a new
	// connection needs.
	restMin = 5 * time.Millisecond
	restMax = time.Second
)

// Listener accepts connections from one socket per address. It is made by
// [Dual] and [Config.Listen].
//
// While a call waits in Accept, each socket has one acceptor: a waiting call
// blocks in one of them itself, which is as fast as a listener can be, and a
// pump, a goroutine of the socket, blocks in each of the others. A pump that
// gets a connection queues it, wakes a call, and goes on until the queue is full;
// it is set to work again when the queue is empty. The call that blocks in a
// socket is woken by a deadline in the past. The calls block where most
// connections come from.
type Listener struct {
	socks   []*socket
	skipped []Skip
	pumps   sync.WaitGroup

	mu       sync.Mutex // guards what follows, and the sockets
	closed   bool
	deadline time.Time   // as set by the user, or zero
	alarm    *time.Timer // wakes the calls in queue at the deadline
	calls    int         // in Accept
	queue    sync.Cond   // calls that found no socket free
	queued   int
	next     int     // where to look first for a held connection
	hot      *socket // in which calls block
	pumped   *socket // whose pump the last connections came from
	row      int     // how many of them
}

type socket struct {
	ln *net.TCPListener

	taken  bool // somebody accepts on it, or it rests
	direct bool // it is a call that accepts
	kicked bool // the deadline in the past is ours

	held  [ahead]outcome // for the next calls
	nheld int

	work chan struct{} // tells the pump to accept one connection; nil: no pump yet
	rest time.Duration // the last one, or zero
	wake *time.Timer   // ends the rest
}

// outcome is what AcceptTCP has returned to a pump.
type outcome struct {
	conn *net.TCPConn
	err  error
}

func newListener(b binding) *Listener {
	l := &Listener{skipped: b.skipped}
	l.queue.L = &l.mu
	for _, ln := range b.bound {
		l.socks = append(l.socks, &socket{ln: ln})
	}
	l.hot = l.socks[0]
	return l
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
			o := l.take(s)
			return o.conn, o.err
		}
		s := l.free()
		if s == nil {
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
			l.row = 0
			return c, err
		}
	}
}

// settle does what an AcceptTCP's outcome calls for, and says whether the
// outcome is one for the user.
func (l *Listener) settle(s *socket, err error) bool {
	if s.kicked {
		s.kicked = false
		s.ln.SetDeadline(l.deadline)
	}
	switch {
	case err == nil:
		s.rest = 0
		return true
	case l.closed:
		return false
	case errors.Is(err, os.ErrDeadlineExceeded):
		// Ours, the user's, or one that was set on the socket itself. Whoever
		// comes next finds the right one.
		s.ln.SetDeadline(l.deadline)
		return false
	}
	switch causeOf(err) {
	case shortage:
		l.restSocket(s)
		return false
	case hungUp:
		return false
	}
	return true
}

// holder returns a socket that holds something for a call.
func (l *Listener) holder() *socket {
	for range l.socks {
		s := l.socks[l.next]
		l.next = (l.next + 1) % len(l.socks)
		if s.nheld > 0 {
			return s
		}
	}
	return nil
}

// take returns the first outcome that s holds.
func (l *Listener) take(s *socket) outcome {
	o := s.held[0]
	s.nheld--
	copy(s.held[:], s.held[1:])
	s.held[s.nheld] = outcome{}
	if l.pumped != s {
		l.pumped, l.row = s, 0
	}
	if l.row++; l.row >= patience {
		l.hot = s
	}
	return o
}

// free returns a socket on which nobody accepts, best the hot one.
func (l *Listener) free() *socket {
	if !l.hot.taken {
		return l.hot
	}
	for _, s := range l.socks {
		if !s.taken {
			return s
		}
	}
	return nil
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

// leave passes on what a call that returns leaves behind.
func (l *Listener) leave() {
	l.calls--
	if l.calls == 0 || l.closed {
		return
	}
	l.notify()
}

// notify makes sure that what is held and what is free finds a waiting call.
func (l *Listener) notify() {
	if l.queued > 0 {
		l.queue.Signal()
		return
	}
	holding := false
	for _, s := range l.socks {
		holding = holding || s.nheld > 0
	}
	if holding {
		l.kick()
	} else if l.calls > 0 {
		l.runPumps()
	}
}

// kick wakes one of the calls that block in a socket.
func (l *Listener) kick() {
	for _, s := range l.socks {
		if s.kicked {
			return
		}
	}
	for _, s := range l.socks {
		if s.direct {
			s.kicked = true
			s.ln.SetDeadline(time.Unix(1, 0))
			return
		}
	}
}

// restSocket keeps everybody from accepting on s for a while.
func (l *Listener) restSocket(s *socket) {
	s.rest = min(max(2*s.rest, restMin), restMax)
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

func (l *Listener) expired() bool {
	return !l.deadline.IsZero() && !time.Now().Before(l.deadline)
}

func (l *Listener) setDeadline(t time.Time) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return l.opError("set", net.ErrClosed)
	}
	if !t.IsZero() {
		// By the monotonic clock, as the sockets do it: they must not time out
		// while we find that there is time left.
		now := time.Now()
		t = now.Add(t.Sub(now))
	}
	l.deadline = t
	if l.alarm != nil {
		l.alarm.Stop()
		l.alarm = nil
	}
	if !t.IsZero() {
		l.alarm = time.AfterFunc(time.Until(t), func() {
			l.mu.Lock()
			defer l.mu.Unlock()
			l.queue.Broadcast()
		})
	}
	for _, s := range l.socks {
		if s.kicked {
			continue // settle sets it
		}
		if err := s.ln.SetDeadline(t); err != nil {
			return err
		}
	}
	// A pump may have seen the old deadline pass.
	if l.calls > 0 && !l.expired() {
		l.runPumps()
	}
	return nil
}

// shut closes the sockets without waiting for the pumps.
func (l *Listener) shut() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return l.opError("close", net.ErrClosed)
	}
	l.closed = true
	var errs []error
	for _, s := range l.socks {
		// Who took Listeners may have closed them.
		if err := s.ln.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			errs = append(errs, err)
		}
		for ; s.nheld > 0; s.nheld-- {
			if c := s.held[s.nheld-1].conn; c != nil {
				c.Close()
			}
		}
		if s.wake != nil {
			s.wake.Stop()
		}
		if s.work != nil {
			close(s.work)
		}
	}
	if l.alarm != nil {
		l.alarm.Stop()
	}
	l.queue.Broadcast()
	return errors.Join(errs...)
}
