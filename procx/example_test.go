package procx_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/surefoot-go/surefoot/procx"
)

func ExampleCheck() {
	_ = func(t *testing.T) {
		procx.Check(t, nil) // first
		t.Parallel()
		// ... and here the test, which fails if it leaves a goroutine running.
	}
}

func ExampleCheckMain() {
	_ = func(m *testing.M) int { // TestMain: os.Exit(procx.CheckMain(m, nil))
		return procx.CheckMain(m, &procx.Options{
			Known: map[string]int{"example.com/db.(*Pool).clean": 1}, // started by an init, ends with the process
		})
	}
}

func wait(ready chan struct{}) { <-ready }

func ExampleFind() {
	ready := make(chan struct{})
	defer close(ready)
	go wait(ready)
	go wait(ready)

	leaks, err := procx.Find(&procx.Options{Settle: 10 * time.Millisecond})
	if err != nil {
		panic(err)
	}
	for _, l := range leaks {
		if l.CreatedBy == "github.com/surefoot-go/surefoot/procx_test.ExampleFind" {
			fmt.Println(l.Count, l.Function, l.State)
		}
	}
	// Output:
	// 1 github.com/surefoot-go/surefoot/procx_test.wait chan receive
	// 1 github.com/surefoot-go/surefoot/procx_test.wait chan receive
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
