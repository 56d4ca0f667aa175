package listen

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/surefoot-go/surefoot/internal/testenv"
)

// eventually waits for cond, for as long as a busy machine may need.
func eventually(t testing.TB, cond func() bool, msg string) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); !cond(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal(msg)
		}
	}
}

// descriptors counts this process's open descriptors, or returns -1 where they
// can't be counted.
func descriptors() int {
	if runtime.GOOS == "windows" {
		return -1
	}
	for _, dir := range []string{"/proc/self/fd", "/dev/fd"} {
		if names, err := filepath.Glob(dir + "/*"); err == nil && len(names) > 0 {
			return len(names)
		}
	}
	return -1
}

// TestEachConnectionIsDeliveredOnce has clients write a number each, and Accept
// calls tell which numbers have come.
func TestEachConnectionIsDeliveredOnce(t *testing.T) {
	const clients = 16
	conns := 10_000
	if testing.Short() || testenv.IsWine() {
		conns = 1000 // Wine takes a millisecond for each
	}
	for _, accepts := range []int{1, 4, 16} {
		t.Run(fmt.Sprint(accepts), func(t *testing.T) {
			// The net package and the runtime keep what they need for the first
			// connection.
			warm := listenOn(t, "localhost:0")
			dial(t, warm, "127.0.0.1")
			warm.Close()
			goroutines, fds := runtime.NumGoroutine(), descriptors()

			l := listenOn(t, "localhost:0")
			addrs := l.Addrs()
			var acceptors, dialers sync.WaitGroup
			seen := make([]atomic.Int32, conns)
			var peers sync.Map // the local addresses of clients that had an answer
			for range accepts {
				acceptors.Go(func() {
					for {
						c, err := l.Accept()
						if err != nil {
							assert.ErrorIs(t, err, net.ErrClosed)
							return
						}
						id, _ := peers.LoadOrStore(c.RemoteAddr().String(), new(atomic.Int32))
						id.(*atomic.Int32).Add(1)
						c.Write([]byte{1})
						c.Close()
					}
				})
			}
			var next atomic.Int32
			for range clients {
				dialers.Go(func() {
					for {
						i := int(next.Add(1)) - 1
						if i >= conns {
							return
						}
						c, err := net.Dial("tcp", addrs[i%len(addrs)].String())
						if !assert.NoError(t, err) {
							return
						}
						n, err := c.Read(make([]byte, 2))
						assert.Equal(t, 1, n, "%v", err)
						seen[i].Add(1)
						c.(*net.TCPConn).SetLinger(0) // no TIME_WAIT: 10,000 would use up the ports
						c.Close()
					}
				})
			}
			dialers.Wait()
			require.NoError(t, l.Close())
			acceptors.Wait()
			for i := range seen {
				require.EqualValues(t, 1, seen[i].Load(), "connection %d", i)
			}
			eventually(t, func() bool { return runtime.NumGoroutine() <= goroutines }, "goroutines left")
			if fds >= 0 {
				eventually(t, func() bool { return descriptors() <= fds }, "descriptors left")
			}
		})
	}
}

// TestFloodDoesNotStarve keeps one family's backlog full, and expects to be
// served on the other.
func TestFloodDoesNotStarve(t *testing.T) {
	needIPv6(t)
	for flooded := range 2 {
		l := listenOn(t, "localhost:0")
		addrs := l.Addrs()
		stop := make(chan struct{})
		var flood sync.WaitGroup
		for range 32 {
			flood.Go(func() {
				for {
					select {
					case <-stop:
						return
					default:
					}
					if c, err := net.Dial("tcp", addrs[flooded].String()); err == nil {
						c.Read(make([]byte, 1)) // Wine loses a connection that is reset before it is accepted
						c.(*net.TCPConn).SetLinger(0)
						c.Close()
					}
				}
			})
		}
		var served [2]atomic.Int64
		go func() {
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				i := 0
				if c.LocalAddr().(*net.TCPAddr).AddrPort().Addr().Is6() {
					i = 1
				}
				served[i].Add(1)
				c.Write([]byte{1})
				c.Close()
			}
		}()
		eventually(t, func() bool { return served[flooded].Load() > 100 }, "no flood")
		for range 20 {
			c, err := net.Dial("tcp", addrs[1-flooded].String())
			require.NoError(t, err)
			c.SetDeadline(time.Now().Add(30 * time.Second))
			_, err = c.Read(make([]byte, 1))
			require.NoError(t, err, "starved")
			c.Close()
		}
		close(stop)
		flood.Wait()
		require.NoError(t, l.Close())
	}
}

func TestCloseEndsBlockedAccepts(t *testing.T) {
	for range 50 {
		l := listenOn(t, "localhost:0")
		ended := make(chan error, 8)
		for range cap(ended) {
			go func() {
				_, err := l.Accept()
				ended <- err
			}()
		}
		runtime.Gosched()
		l.Close()
		for range cap(ended) {
			require.ErrorIs(t, <-ended, net.ErrClosed)
		}
	}
}

// TestCloseHangsUpOnWhatIsHeld leaves connections to the pumps.
func TestCloseHangsUpOnWhatIsHeld(t *testing.T) {
	l := listenOn(t, "localhost:0")
	addrs := l.Addrs()
	var clients []net.Conn
	for i := range 8 {
		c, err := net.Dial("tcp", addrs[i%len(addrs)].String())
		require.NoError(t, err)
		defer c.Close()
		clients = append(clients, c)
	}
	first, err := l.Accept()
	require.NoError(t, err)
	defer first.Close()
	require.NoError(t, l.Close())
	open := 0
	for _, c := range clients {
		c.SetReadDeadline(time.Now().Add(10 * time.Second))
		if c.LocalAddr().String() == first.RemoteAddr().String() {
			open++
			continue
		}
		_, err := c.Read(make([]byte, 1))
		assert.False(t, errors.Is(err, os.ErrDeadlineExceeded), "a client hangs")
	}
	assert.Equal(t, 1, open)
}

// TestDeadlinesRaceConnections sets deadlines while connections come.
func TestDeadlinesRaceConnections(t *testing.T) {
	l := listenOn(t, "localhost:0")
	addrs := l.Addrs()
	const conns = 400
	var served atomic.Int32
	var calls sync.WaitGroup
	for range 3 {
		calls.Go(func() {
			for {
				c, err := l.Accept()
				switch {
				case err == nil:
					c.Close()
					served.Add(1)
				case errors.Is(err, os.ErrDeadlineExceeded):
				default:
					return
				}
			}
		})
	}
	for i := range conns {
		l.SetDeadline(time.Now().Add(time.Duration(i%5-1) * time.Millisecond))
		c, err := net.Dial("tcp", addrs[i%len(addrs)].String())
		require.NoError(t, err)
		defer c.Close()
		if i%3 == 0 {
			l.SetDeadline(time.Time{})
		}
	}
	l.SetDeadline(time.Time{})
	eventually(t, func() bool { return served.Load() == conns }, "connections lost")
	l.Close()
	calls.Wait()
}
