package listen

import (
	"errors"
	"net"
	"os"
	"time"
)

// How Accept serves several sockets.
//
// While a call waits in Accept, each socket has one acceptor: a waiting call
// blocks in one of them itself, which is as fast as a listener can be, and a
// pump, a goroutine of the socket, blocks in each of the others. A pump that
// gets a connection queues it, wakes a call, and goes on until the queue is full;
// it is set to work again when the queue is empty. The call that blocks in a
// socket is woken by a deadline in the past. The calls block where most
// connections come from.

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
		l.restSocket(s, err)
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
