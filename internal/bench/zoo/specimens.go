package zoo

import (
	"bufio"
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"iter"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"os/signal"
	"runtime/pprof"
	"runtime/trace"
	"sync"
	"time"

	"github.com/fsnotify/fsnotify"
	"github.com/sourcegraph/conc"
	"go.uber.org/zap/zapcore"

	"github.com/surefoot-go/surefoot/procx"
)

var forever = make(chan struct{})

func wait() { <-forever }

// no converts a function that can't fail to a body.
func no(body func()) func() error { return func() error { body(); return nil } }

// Specimens are all, by group.
var Specimens = []Specimen{
	{"goroutine", "none", false, no(func() {})},
	{"goroutine", "ends", false, no(func() { done := make(chan struct{}); go close(done); <-done })},
	{"goroutine", "ends 50 ms later", false, no(func() { go time.Sleep(50 * time.Millisecond) })},
	{"goroutine", "ends 1.5 s later", false, no(func() { go time.Sleep(1500 * time.Millisecond) })},
	{"goroutine", "receives", true, no(func() { go wait() })},
	{"goroutine", "sends", true, no(func() { c := make(chan int); go func() { c <- 1 }() })},
	{"goroutine", "nil channel", true, no(func() { go func() { <-(chan int)(nil) }() })},
	{"goroutine", "empty select", true, no(func() { go func() { select {} }() })},
	{"goroutine", "ranges over a channel", true, no(func() {
		c := make(chan int)
		go func() {
			for range c {
			}
		}()
	})},
	{"goroutine", "worker pool not closed", true, no(func() {
		jobs := make(chan func())
		for range 4 {
			go func() {
				for job := range jobs {
					job()
				}
			}()
		}
	})},
	{"goroutine", "below one that has ended", true, no(func() { var wg sync.WaitGroup; wg.Go(func() { go wait() }); wg.Wait() })},
	{"goroutine", "without its labels", true, no(func() {
		var wg sync.WaitGroup
		wg.Go(func() { pprof.SetGoroutineLabels(context.Background()); go wait() })
		wg.Wait()
	})},
	{"goroutine", "with other labels", true, no(func() {
		pprof.Do(context.Background(), pprof.Labels("request", "{a}: \"b\"\n"), func(context.Context) { go wait() })
	})},
	{"goroutine", "a thousand calls deep", true, no(func() { go deep(1000) })},
	{"goroutine", "spins", true, no(func() {
		go func() {
			for {
				time.Sleep(time.Millisecond)
			}
		}()
	})},
	{"sync", "mutex", true, no(func() { var mu sync.Mutex; mu.Lock(); go mu.Lock() })},
	{"sync", "read-write mutex", true, no(func() { var mu sync.RWMutex; mu.RLock(); go mu.Lock() })},
	{"sync", "condition", true, no(func() { c := sync.NewCond(new(sync.Mutex)); go func() { c.L.Lock(); c.Wait() }() })},
	{"sync", "wait group", true, no(func() { var wg sync.WaitGroup; wg.Add(1); go wg.Wait() })},
	{"sync", "wait group's Go", true, no(func() { var wg sync.WaitGroup; wg.Go(wait) })},
	{"sync", "once that hangs", true, no(func() { var once sync.Once; go once.Do(wait); time.Sleep(time.Millisecond); go once.Do(wait) })},
	{"time", "AfterFunc", false, no(func() { time.AfterFunc(time.Hour, func() {}) })},
	{"time", "ticker not stopped", false, no(func() { time.NewTicker(time.Hour) })},
	{"time", "loop on a ticker", true, no(func() {
		go func() {
			for range time.Tick(time.Millisecond) {
			}
		}()
	})},
	{"context", "cancel not called", false, no(func() { ctx, cancel := context.WithCancel(context.Background()); _, _ = ctx, cancel })},
	{"context", "AfterFunc", false, no(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Hour)
		_ = cancel
		context.AfterFunc(ctx, func() {})
	})},
	{"context", "waits for the background", true, no(func() { go func() { <-context.Background().Done() }() })},
	{"os/signal", "Notify, stopped", false, no(func() { c := make(chan os.Signal, 1); signal.Notify(c, os.Interrupt); signal.Stop(c) })},
	{"os/signal", "Notify", false, no(func() { signal.Notify(make(chan os.Signal, 1), os.Interrupt) })},
	{"os/signal", "NotifyContext, not stopped", true, no(func() { ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt); _, _ = ctx, stop })},
	{"iter", "Pull, not stopped", true, no(func() { next, stop := iter.Pull(func(yield func(int) bool) { yield(1) }); next(); _ = stop })},
	{"iter", "Pull, stopped", false, no(func() { next, stop := iter.Pull(func(yield func(int) bool) { yield(1) }); next(); stop() })},
	{"io", "pipe without a reader", true, no(func() { _, w := io.Pipe(); go w.Write([]byte("x")) })},
	{"bufio", "scanner of an open pipe", true, func() error {
		r, w, err := os.Pipe()
		_ = w
		go func() {
			for s := bufio.NewScanner(r); s.Scan(); {
			}
		}()
		return err
	}},
	{"net", "accept loop, closed", false, func() error { return acceptLoop(true) }},
	{"net", "accept loop, not closed", true, func() error { return acceptLoop(false) }},
	{"net", "pipe", true, no(func() { a, _ := net.Pipe(); go a.Read(make([]byte, 1)) })},
	{"net/http", "server, closed", false, no(func() { newServer().Close() })},
	{"net/http", "server, not closed", true, no(func() { newServer() })},
	{"net/http", "default transport's idle connection", false, func() error { s := newServer(); defer s.Close(); return get(http.DefaultClient, s.URL, true) }},
	{"net/http", "own transport's idle connection", true, func() error {
		return get(&http.Client{Transport: &http.Transport{}}, newServer().URL, true)
	}},
	{"net/http", "own transport, closed", false, func() error {
		s := newServer()
		defer s.Close()
		t := &http.Transport{}
		defer t.CloseIdleConnections()
		return get(&http.Client{Transport: t}, s.URL, true)
	}},
	{"net/http", "body not closed", true, func() error { return get(http.DefaultClient, newServer().URL+"/long", false) }},
	{"net/http", "server that is shut down", false, func() error {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		s := &http.Server{}
		go s.Serve(l)
		return s.Shutdown(context.Background())
	}},
	{"database/sql", "closed", false, func() error { return sql.OpenDB(connector{}).Close() }},
	{"database/sql", "not closed", true, no(func() { sql.OpenDB(connector{}) })},
	{"os/exec", "waited for", false, func() error { cmd := exec.Command("cat"); cmd.Stdout = io.MultiWriter(); return cmd.Run() }},
	{"os/exec", "not waited for", true, func() error {
		cmd := exec.Command("cat")
		_, err := cmd.StdinPipe()
		cmd.Stdout = io.MultiWriter() // not a file, so a goroutine copies
		return errors.Join(err, cmd.Start())
	}},
	{"runtime/pprof", "CPU profile under way", false, func() error { return pprof.StartCPUProfile(io.Discard) }},
	{"runtime/trace", "trace under way", false, func() error { return trace.Start(io.Discard) }},
	{"fsnotify", "closed", false, func() error {
		w, err := fsnotify.NewWatcher()
		if err != nil {
			return err
		}
		return w.Close()
	}},
	{"fsnotify", "not closed", true, func() error { _, err := fsnotify.NewWatcher(); return err }},
	{"zap", "buffered writer, stopped", false, func() error {
		w := &zapcore.BufferedWriteSyncer{WS: zapcore.AddSync(io.Discard)}
		if _, err := w.Write([]byte("x")); err != nil {
			return err
		}
		return w.Stop()
	}},
	{"zap", "buffered writer, not stopped", true, func() error {
		w := &zapcore.BufferedWriteSyncer{WS: zapcore.AddSync(io.Discard)}
		_, err := w.Write([]byte("x"))
		return err
	}},
	{"conc", "wait group, waited for", false, no(func() { wg := conc.NewWaitGroup(); wg.Go(func() {}); wg.Wait() })},
	{"conc", "wait group", true, no(func() { conc.NewWaitGroup().Go(wait) })},
	{"procx", "group, stopped", false, func() error {
		g := procx.NewGroup(context.Background(), "zoo")
		g.Go("task", func(ctx context.Context) error { <-ctx.Done(); return nil })
		return g.Stop(context.Background())
	}},
	{"procx", "group, not stopped", true, no(func() {
		procx.NewGroup(context.Background(), "zoo").Go("task", func(ctx context.Context) error { <-ctx.Done(); return nil })
	})},
	{"procx", "watcher, not stopped", true, no(func() { procx.Watch(context.Background(), procx.WatchConfig{}) })},
}

func deep(n int) {
	if n > 0 {
		deep(n - 1)
	}
	wait()
}

func acceptLoop(closed bool) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	go func() {
		for {
			if _, err := l.Accept(); err != nil {
				return
			}
		}
	}()
	if closed {
		return l.Close()
	}
	return nil
}

func newServer() *httptest.Server {
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/long" {
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		}
	}))
}

func get(c *http.Client, url string, closed bool) error {
	response, err := c.Get(url)
	if err != nil || !closed {
		return err
	}
	return response.Body.Close()
}

type connector struct{}

func (connector) Connect(context.Context) (driver.Conn, error) { return nil, driver.ErrBadConn }
func (connector) Driver() driver.Driver                        { return nil }
