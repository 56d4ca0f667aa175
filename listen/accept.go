package listen

import (
	"errors"
	"net"
	"os"
	"time"
)

// How Accept serves several sockets.
//
// While a call waits in Accept, each socket has one acceptor. While nearly all
// connections come from one socket, the hot one, a call blocks in it itself,
// which is as fast as a listener can be. For each other socket, and for all of
// them while there is no hot one, it is a pump, a goroutine of the socket. A pump
// queues what it gets, wakes a call, and goes on until its queue is full; it is
// set to work again when the queue is empty. Calls that block in no socket wait
// for the pumps. The one that does is woken by a deadline in the past, which
// costs more: so there is no hot socket while the others have much to do.

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

// settle does what an AcceptTCP's outcome calls for, and says whether the
// outcome is one for the user.
func (l *Listener) settle(s *socket, err error) bool {
	timedOut := errors.Is(err, os.ErrDeadlineExceeded)
	if s.kicked || timedOut {
		// It was ours, the user's, or one that was set on the socket itself.
		// Whoever comes next finds the right one.
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

// holder returns a socket that holds something for a call, each in its turn.
func (l *Listener) holder() *socket {
	for i := range l.socks {
		s := l.socks[(l.turn+i)%len(l.socks)]
		if s.nheld > 0 {
			return s
		}
	}
	return nil
}

// count notes that a call has had a connection from s, and decides which socket
// is hot.
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

// kick wakes the call that blocks in a socket, if one does.
func (l *Listener) kick() {
	for _, s := range l.socks {
		if s.direct && !s.kicked {
			s.kicked = true
			s.ln.SetDeadline(time.Unix(1, 0))
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
