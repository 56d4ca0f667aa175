package child_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"os/exec"
	"time"

	"github.com/surefoot-go/surefoot/procx/child"
)

func ExampleStart() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cmd := exec.Command("npm", "run", "serve") // npm starts a shell, that starts node
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	p, err := child.Start(ctx, cmd, &child.Options{Grace: 5 * time.Second})
	if err != nil {
		log.Fatal(err)
	}
	// When ctx ends, npm, the shell and node are stopped, on every system.
	if err := p.Wait(); errors.Is(err, context.DeadlineExceeded) {
		log.Print("stopped after a minute")
	}
}

func ExampleProc_Stop() {
	p, err := child.Start(context.Background(), exec.Command("worker"), &child.Options{
		Ask:      child.AskStdin, // also works in a Windows service
		NoWindow: true,
	})
	if err != nil {
		log.Fatal(err)
	}
	if err := p.Stop(context.Background()); errors.Is(err, child.ErrKilled) {
		log.Printf("the worker may have lost data: %v", err)
	}
	p.Wait()
}

func ExampleProc_Containment() {
	p, err := child.Start(context.Background(), exec.Command("daemon-starter"), nil)
	if err != nil {
		log.Fatal(err)
	}
	if c := p.Containment(); !c.Whole() {
		log.Printf("held by a %v only: daemons that it starts will stay", c)
	}
}

func ExampleStartDetached() {
	p, err := child.StartDetached(exec.Command("updater", "-restart"), &child.DetachOptions{Output: "updater.log"})
	if errors.Is(err, child.ErrTethered) {
		log.Fatalf("the updater would die with this process: %v", err)
	} else if err != nil {
		log.Fatal(err)
	}
	p.Release()
}

func ExampleContainment() {
	c := child.Group | child.DeathSignal
	fmt.Println(c, c.Whole(), c.DiesWithParent())
	// Output: process group+death signal false true
}

func ExampleProc_Stdin() {
	p, err := child.Start(context.Background(), exec.Command("worker"), &child.Options{Ask: child.AskStdin})
	if err != nil {
		log.Fatal(err)
	}
	log.Printf("worker %d runs", p.PID())
	fmt.Fprintln(p.Stdin(), "reindex") // it takes commands, until there will be no more
	if err := p.Stop(context.Background()); err != nil {
		log.Print(err)
	}
	p.Wait()
}

func ExampleProc_KillTree() {
	p, err := child.Start(context.Background(), exec.Command("crunch"), nil)
	if err != nil {
		log.Fatal(err)
	}
	select {
	case <-p.Ended():
	case <-time.After(time.Hour):
		if err := p.KillTree(); err != nil { // it has nothing to lose
			log.Print(err)
		}
	}
	p.Wait()
}

func ExampleOptions_foreground() {
	cmd := exec.Command("psql") // reads the terminal, line by line
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	p, err := child.Start(context.Background(), cmd, &child.Options{Foreground: true})
	if err != nil {
		log.Fatal(err)
	}
	p.Wait() // and the terminal is this program's again
}
