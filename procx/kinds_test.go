package procx

import (
	"context"
	"io"
	"iter"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/surefoot-go/surefoot/internal/testenv"
)

// A kind is a way to leak a goroutine. Those that nothing can end run in a child.
type kind struct {
	name     string
	leak     func(t *testing.T) (end func())
	function string // that the report names
	state    string
	proof    proof
}

// A proof is the way to prove that the goroutine can never continue.
type proof int

const (
	noProof   proof = iota // it may
	gcProof                // the runtime's leak profile
	bareProof              // its state
)

func kinds() []kind {
	return []kind{
		{"channel send", func(*testing.T) func() {
			c := make(chan int)
			go send(c)
			return func() { <-c }
		}, thisPackage + "send", "chan send", noProof},
		{"channel receive", func(*testing.T) func() {
			c := make(chan int)
			go receive(c)
			return func() { close(c) }
		}, thisPackage + "receive", "chan receive", noProof},
		{"channel that nobody has", func(*testing.T) func() { go receive(make(chan int)); return nil }, thisPackage + "receive", "chan receive", gcProof},
		{"nil channel", func(*testing.T) func() { go receive(nil); return nil }, thisPackage + "receive", "chan receive (nil chan)", bareProof},
		{"empty select", func(*testing.T) func() { go forever(); return nil }, thisPackage + "forever", "select (no cases)", bareProof},
		{"mutex", func(*testing.T) func() {
			mu := new(sync.Mutex)
			mu.Lock()
			go lock(mu)
			return mu.Unlock
		}, thisPackage + "lock", "sync.Mutex.Lock", noProof},
		{"mutex that nobody has", func(*testing.T) func() {
			mu := new(sync.Mutex)
			mu.Lock()
			go lock(mu)
			return nil
		}, thisPackage + "lock", "sync.Mutex.Lock", gcProof},
		{"wait group", func(*testing.T) func() {
			wg := new(sync.WaitGroup)
			wg.Add(1)
			go await(wg)
			return wg.Done
		}, thisPackage + "await", "sync.WaitGroup.Wait", noProof},
		{"condition", func(*testing.T) func() {
			c := sync.NewCond(new(sync.Mutex))
			go waitCond(c)
			return func() {
				for range 1000 { // it may not be waiting yet
					c.Broadcast()
					runtime.Gosched()
				}
			}
		}, thisPackage + "waitCond", "sync.Cond.Wait", noProof},
		{"blocked system call", func(t *testing.T) func() {
			r, w, err := os.Pipe()
			require.NoError(t, err)
			r.Fd() // blocking from here on
			go readByte(r)
			return func() { w.Close() }
		}, thisPackage + "readByte", "syscall", noProof},
		{"network", func(t *testing.T) func() {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			require.NoError(t, err)
			go accept(l)
			return func() { l.Close() }
		}, thisPackage + "accept", "IO wait", noProof},
		{"locked thread", func(*testing.T) func() {
			c := make(chan int)
			go func() { runtime.LockOSThread(); <-c }()
			return func() { close(c) }
		}, thisPackage + "kinds.func", "chan receive, locked to thread", noProof},
		{"forgotten stop of NotifyContext", func(*testing.T) func() {
			_, stop := signal.NotifyContext(context.Background(), os.Interrupt)
			return stop
		}, "os/signal.NotifyContext.func1", "select", noProof},
		{"forgotten stop of an iterator", func(*testing.T) func() {
			next, stop := iter.Pull(func(yield func(int) bool) { yield(1) })
			next()
			return stop
		}, "iter.Pull[...].func1", "coroutine", noProof},
		{"unclosed keep-alive", func(t *testing.T) func() {
			s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
			transport := &http.Transport{}
			response, err := (&http.Client{Transport: transport}).Get(s.URL)
			require.NoError(t, err)
			require.NoError(t, response.Body.Close())
			return func() { transport.CloseIdleConnections(); s.Close() }
		}, "net/http.(*persistConn).readLoop", "IO wait", noProof},
		{"command that nobody waits for", func(t *testing.T) func() {
			cmd := testenv.Command(t, "stdin")
			w, err := cmd.StdinPipe()
			require.NoError(t, err)
			cmd.Stdout = io.MultiWriter() // not a file: copied by a goroutine
			require.NoError(t, cmd.Start())
			return func() { w.Close(); _ = cmd.Wait() }
		}, "os/exec.(*Cmd).Start.func", "", noProof},
		{"wait group's Go", func(*testing.T) func() {
			c := make(chan int)
			new(sync.WaitGroup).Go(func() { receive(c) })
			return func() { close(c) }
		}, thisPackage + "kinds.func", "chan receive", noProof},
	}
}

func send(c chan int)          { c <- 1 }
func receive(c chan int)       { <-c }
func forever()                 { select {} }
func lock(mu *sync.Mutex)      { mu.Lock() }
func await(wg *sync.WaitGroup) { wg.Wait() }
func waitCond(c *sync.Cond)    { c.L.Lock(); c.Wait(); c.L.Unlock() }
func readByte(f *os.File)      { _, _ = f.Read(make([]byte, 1)); f.Close() }
func accept(l net.Listener)    { _, _ = l.Accept() }

func TestKinds(t *testing.T) {
	for _, k := range kinds() {
		t.Run(k.name, func(t *testing.T) {
			tb := &fakeTB{name: "TestFake"}
			Check(tb, quick)
			end := k.leak(t)
			report := tb.finish()
			assert.Contains(t, report, k.function)
			assert.Contains(t, report, "["+k.state)
			proved := k.proof == bareProof || k.proof == gcProof && leakProfile() != nil
			assert.Equal(t, proved, strings.Contains(report, "], which can never go on"), report)
			if end != nil {
				end()
				assert.Empty(t, checked(patient, func() {}))
			}
		})
	}
}
