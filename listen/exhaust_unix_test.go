//go:build unix

package listen

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/surefoot-go/surefoot/internal/testenv"
)

// TestShortageOfDescriptors runs the exhaust helper in a separate process with its own descriptors.
func TestShortageOfDescriptors(t *testing.T) {
	needIPv6(t)
	out, err := testenv.Command(t, "exhaust").CombinedOutput()
	require.NoError(t, err, "%s", out)
	t.Logf("%s", out)
}

func exhaust([]string) int {
	if err := runOut(); err != nil {
		fmt.Println(err)
		return 1
	}
	return 0
}

// runOut uses up the descriptors while clients connect to both families, waits until Accept has
// backed off on both, frees the descriptors, and checks that it is served.
func runOut() error {
	var logged testenv.Buffer
	l, err := Config{ErrorLog: log.New(&logged, "", 0)}.Listen(context.Background(), "localhost:0")
	if err != nil {
		return err
	}
	var accepted atomic.Int32
	var failed atomic.Value
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				failed.Store(err)
				return
			}
			c.Write([]byte{1})
			c.Close()
			accepted.Add(1)
		}
	}()
	served := func(network string, addr net.Addr) error {
		c, err := net.Dial(network, addr.String())
		if err != nil {
			return err
		}
		defer c.Close()
		c.SetDeadline(time.Now().Add(30 * time.Second))
		_, err = c.Read(make([]byte, 1))
		return err
	}
	for _, a := range l.Addrs() {
		if err := served("tcp", a); err != nil {
			return fmt.Errorf("before: %w", err)
		}
	}

	for int(accepted.Load()) < len(l.Addrs()) { // until these are closed, so that they don't become free below
		time.Sleep(time.Millisecond)
	}

	// Two sockets are kept for connecting; all other descriptors are used up.
	var clients []int
	for _, a := range l.Addrs() {
		family := syscall.AF_INET
		if a.(*net.TCPAddr).AddrPort().Addr().Is6() {
			family = syscall.AF_INET6
		}
		fd, err := syscall.Socket(family, syscall.SOCK_STREAM, 0)
		if err != nil {
			return err
		}
		clients = append(clients, fd)
	}
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return err
	}
	limit.Cur = 64
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return err
	}
	var hoard []*os.File
	for {
		f, err := os.Open("/dev/null")
		if err != nil {
			break
		}
		hoard = append(hoard, f)
	}
	if !hasLoopback(IPv6) {
		return errors.New("[::1] is taken for absent without a descriptor to look with")
	}
	before := accepted.Load()
	for i, a := range l.Addrs() {
		addr := a.(*net.TCPAddr).AddrPort()
		var sa syscall.Sockaddr = &syscall.SockaddrInet6{Port: int(addr.Port()), Addr: addr.Addr().As16()}
		if addr.Addr().Is4() {
			sa = &syscall.SockaddrInet4{Port: int(addr.Port()), Addr: addr.Addr().As4()}
		}
		if err := syscall.Connect(clients[i], sa); err != nil {
			return fmt.Errorf("connect: %w", err)
		}
	}
	rested := func() (n int) {
		l.mu.Lock()
		defer l.mu.Unlock()
		for _, s := range l.socks {
			if s.rest >= 100*time.Millisecond {
				n++
			}
		}
		return n
	}
	for end := time.Now().Add(30 * time.Second); rested() < len(l.socks); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			return fmt.Errorf("%d of %d sockets have backed off", rested(), len(l.socks))
		}
	}
	if n := accepted.Load(); n != before {
		return fmt.Errorf("%d connections accepted without a descriptor for them", n-before)
	}

	freed := time.Now()
	for _, f := range hoard {
		f.Close()
	}
	for i, fd := range clients {
		if n, err := syscall.Read(fd, make([]byte, 1)); n != 1 {
			return fmt.Errorf("client %d: read %d, %w", i, n, err)
		}
		syscall.Close(fd)
	}
	fmt.Println("both families served again after", time.Since(freed).Round(time.Millisecond))
	for _, a := range l.Addrs() {
		if err := served("tcp", a); err != nil {
			return fmt.Errorf("after: %w", err)
		}
	}
	if err, ok := failed.Load().(error); ok {
		return fmt.Errorf("Accept: %w", err)
	}
	if err := l.Close(); err != nil {
		return err
	}
	if !strings.Contains(logged.String(), "too many open files; retrying in 5ms\n") {
		return fmt.Errorf("logged: %s", &logged)
	}
	return nil
}

// TestListenWithoutDescriptors checks that with few descriptors left, Listen binds both families or
// returns a meaningful error and leaves nothing open; it never silently binds one family.
func TestListenWithoutDescriptors(t *testing.T) {
	needIPv6(t)
	if !testenv.InOwnProcess(t) {
		return
	}
	leave := testenv.Starve(t)
	for _, address := range []string{":0", "localhost:0"} {
		refused := 0
		for n := 0; ; n++ {
			leave(n)
			l, err := Dual(address)
			if err != nil {
				refused++
				require.Less(t, n, 30)
				require.ErrorIs(t, err, syscall.EMFILE)
				var e *Error
				require.ErrorAs(t, err, &e)
				require.ErrorContains(t, err, "too many open files; try: "+e.Hints[0])
				continue
			}
			assert.Len(t, l.Addrs(), 2, "with %d descriptors", n)
			assert.Empty(t, l.Skipped())
			require.NoError(t, l.Close())
			break
		}
		assert.NotZero(t, refused)
	}
	leave(-1)
	l, err := Dual("localhost:0")
	require.NoError(t, err)
	defer l.Close()
	for _, a := range l.Addrs() {
		c, err := net.Dial("tcp", a.String())
		require.NoError(t, err, "the shortage is over")
		c.Close()
	}
}

// TestCloseDoesNotWaitForLog also logs lines faster than they are written.
func TestCloseDoesNotWaitForLog(t *testing.T) {
	written, goOn := make(chan struct{}, 10), make(chan struct{})
	defer close(goOn)
	hanging := writerFunc(func(p []byte) (int, error) {
		written <- struct{}{}
		<-goOn
		return len(p), nil
	})
	l := listenWith(t, Config{ErrorLog: log.New(hanging, "", 0)}, "127.0.0.1:0")
	before := runtime.NumGoroutine()
	for range 3 {
		l.mu.Lock()
		l.restSocket(l.socks[0], syscall.EMFILE)
		l.socks[0].wake.Stop()
		l.mu.Unlock()
	}
	<-written
	assert.LessOrEqual(t, runtime.NumGoroutine(), before+1, "one line at a time")
	closed := make(chan error, 1)
	go func() { closed <- l.Close() }()
	select {
	case err := <-closed:
		assert.NoError(t, err)
	case <-time.After(10 * time.Second):
		t.Error("Close waits for the log")
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

func TestRestTimes(t *testing.T) {
	l := listenWith(t, Config{ErrorLog: log.New(io.Discard, "", 0)}, "localhost:0")
	s := l.socks[0]
	var rests []time.Duration
	for range 10 {
		l.mu.Lock()
		l.restSocket(s, syscall.EMFILE)
		s.wake.Stop()
		rests = append(rests, s.rest)
		l.mu.Unlock()
	}
	assert.Equal(t, restMin, rests[0])
	assert.Equal(t, 2*restMin, rests[1])
	assert.Equal(t, restMax, rests[9])
	l.mu.Lock()
	s.taken = false
	l.mu.Unlock()
	dial(t, l, "127.0.0.1")
	l.mu.Lock()
	defer l.mu.Unlock()
	assert.Zero(t, s.rest, "a success ends it")
}
