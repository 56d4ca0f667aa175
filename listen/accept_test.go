package listen

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
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

// eventually waits for cond, long enough for a busy machine.
func eventually(t testing.TB, cond func() bool, msg string) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); !cond(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal(msg)
		}
	}
}

// descriptors returns the number of open descriptors of this process, or -1 if they can't be
// counted.
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

// TestEachConnectionIsDeliveredOnce has each client write its number, and counts the numbers read
// from the connections that Accept returns.
func TestEachConnectionIsDeliveredOnce(t *testing.T) {
	conns := 10_000
	if testing.Short() || testenv.IsWine() {
		conns = 500 // Wine takes milliseconds for each
	}
	for _, accepts := range []int{1, 4, 16} {
		t.Run(fmt.Sprint(accepts), func(t *testing.T) {
			// The net package and the runtime keep resources from the first connection.
			warm := listenOn(t, "localhost:0")
			dial(t, warm, "127.0.0.1")
			warm.Close()
			goroutines, fds := runtime.NumGoroutine(), descriptors()

			l := listenOn(t, "localhost:0")
			delivered := make([]atomic.Int32, conns)
			var server sync.WaitGroup
			for range accepts {
				server.Go(func() {
					for {
						c, err := l.Accept()
						if err != nil {
							assert.ErrorIs(t, err, net.ErrClosed)
							return
						}
						server.Go(func() {
							defer c.Close()
							var number [4]byte
							if _, err := io.ReadFull(c, number[:]); assert.NoError(t, err) {
								delivered[binary.BigEndian.Uint32(number[:])].Add(1)
								c.Write([]byte{1})
							}
						})
					}
				})
			}
			connectNumbered(t, l.Addrs(), conns)
			require.NoError(t, l.Close())
			server.Wait()
			for i := range delivered {
				require.EqualValues(t, 1, delivered[i].Load(), "connection %d", i)
			}
			eventually(t, func() bool { return runtime.NumGoroutine() <= goroutines }, "goroutines left")
			if fds >= 0 {
				eventually(t, func() bool { return descriptors() <= fds }, "descriptors left")
			}
		})
	}
}

// connectNumbered makes connections to the addresses in turn, sends each one's number, and waits
// for the answer.
func connectNumbered(t *testing.T, addrs []net.Addr, conns int) {
	var clients sync.WaitGroup
	var next atomic.Int32
	for range 16 {
		clients.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= conns {
					return
				}
				c, err := net.Dial("tcp", addrs[i%len(addrs)].String())
				if !assert.NoError(t, err) {
					return
				}
				c.Write(binary.BigEndian.AppendUint32(nil, uint32(i)))
				_, err = c.Read(make([]byte, 1))
				assert.NoError(t, err)
				c.(*net.TCPConn).SetLinger(0) // no TIME_WAIT: 10,000 would use up the ports
				c.Close()
			}
		})
	}
	clients.Wait()
}

// TestBursts sends connections to one family for a while and then to the other, so that the hot
// socket changes. It waits for an answer to each, so that a call that is not woken would show.
func TestBursts(t *testing.T) {
	for _, calls := range []int{1, 2, 3} {
		t.Run(fmt.Sprint(calls), func(t *testing.T) {
			l := listenOn(t, "localhost:0")
			var server sync.WaitGroup
			for range calls {
				server.Go(func() {
					for {
						c, err := l.Accept()
						if err != nil {
							return
						}
						c.Write([]byte{1})
						c.Close()
					}
				})
			}
			rng := rand.New(rand.NewPCG(1, uint64(calls)))
			addrs := l.Addrs()
			for range 60 {
				var burst sync.WaitGroup
				for range 1 + rng.IntN(40) {
					addr := addrs[0].String()
					if rng.IntN(10) < 9 {
						addr = addrs[len(addrs)-1].String()
					}
					burst.Go(func() {
						c, err := net.Dial("tcp", addr)
						if !assert.NoError(t, err) {
							return
						}
						defer c.Close()
						c.SetDeadline(time.Now().Add(30 * time.Second))
						_, err = c.Read(make([]byte, 1))
						assert.NoError(t, err, "forgotten")
					})
					if rng.IntN(3) == 0 {
						burst.Wait() // one by one
					}
				}
				burst.Wait()
				addrs[0], addrs[len(addrs)-1] = addrs[len(addrs)-1], addrs[0]
			}
			l.Close()
			server.Wait()
		})
	}
}

// TestFloodDoesNotStarve keeps one family's backlog full and checks that the other is served.
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

// TestManySockets accepts from more sockets than two, with fewer and with more calls than sockets.
func TestManySockets(t *testing.T) {
	if runtime.GOOS != "linux" && runtime.GOOS != "windows" {
		t.Skip("127.0.0.2 is not there")
	}
	swap(t, &lookupNetIP, func(context.Context, string) ([]netip.Addr, error) {
		addrs := []netip.Addr{netip.IPv6Loopback()}
		for i := range byte(5) {
			addrs = append(addrs, netip.AddrFrom4([4]byte{127, 0, 0, 1 + i}))
		}
		return addrs, nil
	})
	for _, calls := range []int{1, 3, 10} {
		l := listenOn(t, "many.example:0")
		addrs := l.Addrs()
		require.Len(t, addrs, 6-len(l.Skipped()))
		var group sync.WaitGroup
		for range calls {
			group.Go(func() {
				for {
					c, err := l.Accept()
					if err != nil {
						return
					}
					c.Write([]byte{1})
					c.Close()
				}
			})
		}
		for i := range 120 {
			c, err := net.Dial("tcp", addrs[i*i%len(addrs)].String())
			require.NoError(t, err)
			c.SetDeadline(time.Now().Add(30 * time.Second))
			_, err = c.Read(make([]byte, 1))
			require.NoError(t, err)
			c.Close()
		}
		l.Close()
		group.Wait()
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

// TestCloseClosesHeldConnections leaves connections in the pumps' queues.
func TestCloseClosesHeldConnections(t *testing.T) {
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

// TestAcceptsFewAhead checks that the number of connections in the queues while no goroutine
// calls Accept is limited as documented for users of a LimitListener.
func TestAcceptsFewAhead(t *testing.T) {
	l := listenOn(t, "localhost:0")
	addrs := l.Addrs()
	for i := range 20 * len(addrs) {
		c, err := net.Dial("tcp", addrs[i%len(addrs)].String())
		require.NoError(t, err)
		defer c.Close()
	}
	held := func() (n int) {
		l.mu.Lock()
		defer l.mu.Unlock()
		for _, s := range l.socks {
			assert.LessOrEqual(t, s.nheld, ahead)
			n += s.nheld
			if s.taken {
				n += ahead // its acceptor is at work
			}
		}
		return n
	}
	for range 3 {
		first, err := l.Accept()
		require.NoError(t, err)
		defer first.Close()
		eventually(t, func() bool { return held() <= ahead*len(addrs) }, "more than the doc tells")
	}
}

// TestDeadlinesRaceConnections sets deadlines while connections come.
func TestDeadlinesRaceConnections(t *testing.T) {
	l := listenOn(t, "localhost:0")
	addrs := l.Addrs()
	const conns = 200
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
					time.Sleep(100 * time.Microsecond) // or three busy loops would starve the clients
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
