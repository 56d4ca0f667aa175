package procx_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/surefoot-go/surefoot/procx"
)

func ExampleCheck() {
	_ = func(t *testing.T) {
		procx.Check(t, nil) // first
		t.Parallel()
		// ... here the test follows, which fails if it leaves a goroutine running.
	}
}

func ExampleCheckMain() {
	_ = func(m *testing.M) int { // TestMain: os.Exit(procx.CheckMain(m, nil))
		return procx.CheckMain(m, &procx.Options{
			Known: map[string]int{"example.com/db.(*Pool).clean": 1}, // started by an init, ends with the process
		})
	}
}

func wait(started, ready chan struct{}) {
	started <- struct{}{}
	<-ready
}

func ExampleFind() {
	started, ready := make(chan struct{}), make(chan struct{})
	defer close(ready)
	for range 2 {
		go wait(started, ready)
		<-started
	}

	leaks, err := procx.Find(&procx.Options{Settle: 10 * time.Millisecond})
	if err != nil {
		panic(err)
	}
	n := 0
	for _, l := range leaks { // those with the same stack are one
		if strings.HasSuffix(l.Function, ".wait") {
			n += l.Count
		}
	}
	fmt.Println(n, "wait")
	// Output: 2 wait
}

func ExampleWatch() {
	ctx, cancel := context.WithCancel(context.Background())
	w := procx.Watch(ctx, procx.WatchConfig{}) // findings become warnings of slog.Default()

	// ... for as long as the service runs, and then:
	cancel()
	w.Wait()
	fmt.Println(len(w.Findings()), "findings")
	// Output: 0 findings
}

func ExampleGroup_ReturnPanics() {
	g := procx.NewGroup(context.Background(), "mail")
	g.ReturnPanics()
	g.Go("parse", func(context.Context) error {
		var message []byte
		_ = message[1]
		return nil
	})
	fmt.Println(g.Wait())
	// Output: procx: task "parse" of group "mail" panicked: runtime error: index out of range [1] with length 0
}

func ExampleNewGroup() {
	g := procx.NewGroup(context.Background(), "mail")
	g.Go("deliver", func(ctx context.Context) error {
		<-ctx.Done()
		return ctx.Err()
	})
	g.Go("fetch", func(context.Context) error {
		return errors.New("no route to host") // cancels the others
	})
	fmt.Println(g.Wait())
	// Output: no route to host
}

func ExampleGroup_Stop() {
	g := procx.NewGroup(context.Background(), "mail")
	release := make(chan struct{})
	g.Go("fetch", func(context.Context) error {
		<-release // does not listen to its context
		return nil
	})

	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	var stuck *procx.StuckError
	if errors.As(g.Stop(ctx), &stuck) {
		for _, task := range stuck.Tasks {
			fmt.Println(task.Name, "would not end")
		}
	}
	close(release)
	fmt.Println(g.Stop(context.Background()))
	// Output:
	// fetch would not end
	// <nil>
}

func ExampleGroup_Running() {
	g := procx.NewGroup(context.Background(), "mail")
	release := make(chan struct{})
	g.Go("fetch", func(context.Context) error { <-release; return nil })
	for _, task := range g.Running() {
		fmt.Println(task.Name)
	}
	close(release)
	fmt.Println(g.Wait())
	// Output:
	// fetch
	// <nil>
}

func ExampleGroup_SetLimit() {
	g := procx.NewGroup(context.Background(), "thumbnails")
	g.SetLimit(4) // four at a time; Go waits for one to end
	var done atomic.Int32
	for range 100 {
		g.Go("scale", func(context.Context) error {
			done.Add(1)
			return nil
		})
	}
	fmt.Println(g.Wait(), done.Load())
	// Output: <nil> 100
}

func ExampleWatcher_Stats() {
	w := procx.Watch(context.Background(), procx.WatchConfig{})
	http.HandleFunc("/debug/leaks", func(rw http.ResponseWriter, _ *http.Request) {
		s := w.Stats()
		fmt.Fprintf(rw, "%d findings in %d rounds, %.5f of a core\n", s.Findings, s.Rounds, s.Busy.Seconds()/time.Since(s.Since).Seconds())
	})
}

func ExampleNow() {
	started, ready := make(chan struct{}), make(chan struct{})
	defer close(ready)
	go wait(started, ready)
	<-started

	before := procx.Now() // what a program has already, such as a service's own
	go wait(started, ready)
	<-started

	leaks, err := procx.Find(&procx.Options{Since: before, Settle: 10 * time.Millisecond})
	if err != nil {
		panic(err)
	}
	for _, l := range leaks {
		fmt.Println(l.Count, "more")
	}
	// Output: 1 more
}

func ExampleGroup_TryGo() {
	g := procx.NewGroup(context.Background(), "thumbnails")
	g.SetLimit(1)
	done := make(chan struct{})
	make1 := func(context.Context) error { <-done; return nil }
	fmt.Println(g.TryGo("a.png", make1))
	fmt.Println(g.TryGo("b.png", make1)) // too many: the client may come again
	close(done)
	if err := g.Wait(); err != nil {
		fmt.Println(err)
	}
	// Output:
	// true
	// false
}
