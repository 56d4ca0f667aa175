package listen

import (
	"errors"
	"log"
	"net"
	"slices"
	"sync"
	"time"
)

// Listener accepts connections from one socket per address. [Dual] and [Config.Listen] return one.
// Its methods are safe for concurrent use.
type Listener struct {
	socks   []*socket
	skipped []Skip
	log     *log.Logger
	pumps   sync.WaitGroup

	mu       sync.Mutex // guards the following fields and the sockets
	closed   bool
	deadline time.Time   // as set by the caller, or zero
	alarm    *time.Timer // wakes the calls in queue at the deadline
	calls    int         // in Accept
	queue    sync.Cond   // calls that wait for the pumps or a free socket
	queued   int
	turn     int     // the socket whose held connections come first
	hot      *socket // in which a call blocks, or nil
	strays   int     // how busy the others are
	last     *socket // from which the last connection came
	row      int     // how many have come from it
}

func newListener(b binding, errorLog *log.Logger) *Listener {
	l := &Listener{skipped: b.skipped, log: errorLog}
	if l.log == nil {
		l.log = log.Default()
	}
	l.queue.L = &l.mu
	for _, s := range b.bound {
		l.socks = append(l.socks, &socket{ln: s.Closer.(*net.TCPListener)})
	}
	l.hot = l.socks[0]
	return l
}

// Addr returns the address of the first socket: the IPv4 one, if there is one.
func (l *Listener) Addr() net.Addr { return l.socks[0].ln.Addr() }

// Addrs returns the address of each socket.
func (l *Listener) Addrs() []net.Addr {
	addrs := make([]net.Addr, len(l.socks))
	for i, s := range l.socks {
		addrs[i] = s.ln.Addr()
	}
	return addrs
}

// Listeners hands over the sockets, each a [*net.TCPListener], for one Serve loop each:
//
//	for _, ln := range l.Listeners() {
//		go srv.Serve(ln)
//	}
//
// Use either these or [Listener.Accept]. Accept handles a shortage of descriptors; with the
// sockets, the loops have to. Close also closes the sockets.
func (l *Listener) Listeners() []net.Listener {
	lns := make([]net.Listener, len(l.socks))
	for i, s := range l.socks {
		lns[i] = s.ln
	}
	return lns
}

// Skipped returns the families that were skipped, and why.
func (l *Listener) Skipped() []Skip { return slices.Clone(l.skipped) }

// Accept waits for the next connection of any family and returns it as a [*net.TCPConn]. Any number
// of goroutines may call it. No family can starve another.
//
// Up to four connections per socket are accepted ahead of the calls, by a goroutine that a call has
// started. They wait while no goroutine calls Accept. So a server that limits its connections
// (golang.org/x/net/netutil.LimitListener) holds up to eight more with two families. The sockets of
// [Listener.Listeners] don't accept ahead. Close closes waiting connections.
//
// Accept does not fail for lack of descriptors or memory (EMFILE, ENFILE, ENOBUFS, ENOMEM). It logs
// the shortage to [Config.ErrorLog], waits for 5 ms at first and at most 1 s, and tries again.
// After Close the error matches [net.ErrClosed], and after the deadline [os.ErrDeadlineExceeded].
func (l *Listener) Accept() (net.Conn, error) {
	// Don't return l.accept(): a nil *TCPConn would become a non-nil Conn.
	c, err := l.accept()
	if err != nil {
		return nil, err
	}
	return c, nil
}

// Close closes every socket and ends every Accept call. A second Close returns an error that
// matches [net.ErrClosed].
func (l *Listener) Close() error {
	err := l.shut()
	if !errors.Is(err, net.ErrClosed) {
		l.pumps.Wait()
	}
	return err
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
		// A user of Listeners may have closed it.
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

// SetDeadline sets the time at which Accept gives up, including calls that are already waiting. The
// zero time means no deadline.
func (l *Listener) SetDeadline(t time.Time) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return l.opError("set", net.ErrClosed)
	}
	if !t.IsZero() {
		// Use the monotonic clock, as the sockets do: they must not time out while Accept believes
		// that there is time left.
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

func (l *Listener) expired() bool {
	return !l.deadline.IsZero() && !time.Now().Before(l.deadline)
}

// Listener must implement these interfaces.
var _ interface {
	net.Listener
	SetDeadline(time.Time) error
} = (*Listener)(nil)

// opError is the error of an operation on the whole listener.
func (l *Listener) opError(op string, err error) error {
	return &net.OpError{Op: op, Net: "tcp", Addr: l.Addr(), Err: err}
}
