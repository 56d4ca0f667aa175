// Supervise runs a program. When supervise is interrupted or the time is over, it stops the program
// with all its descendants:
//
//	go run ./examples/supervise -for 10s npm run serve
//
// Without a program it runs itself as a tree of three processes, for demonstration:
//
//	go run ./examples/supervise -for 1s
//	go run ./examples/supervise -for 1s -stubborn -grace 1s
//
// If supervise is killed (kill -9, or the Task Manager), the program dies with it, to the extent
// that the first line of output says.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"syscall"
	"time"

	"github.com/surefoot-go/surefoot/procx/child"
)

func main() {
	var (
		limit    = flag.Duration("for", 0, "stop after this time; 0: when interrupted")
		grace    = flag.Duration("grace", 5*time.Second, "how long the tree may take to end when asked")
		stdin    = flag.Bool("stdin", false, "ask by closing standard input, not by SIGTERM or CTRL_BREAK")
		stubborn = flag.Bool("stubborn", false, "let the tree of its own ignore being asked")
		node     = flag.Int("node", -1, "be a process of the tree, with so many below it (used by itself)")
	)
	flag.Parse()
	var err error
	if *node >= 0 {
		err = tree(*node, *stdin, *stubborn)
	} else {
		options := &child.Options{Grace: *grace}
		if *stdin {
			options.Ask = child.AskStdin
		}
		program := flag.Args()
		if len(program) == 0 {
			program = self(2, *stdin, *stubborn)
		}
		err = supervise(*limit, options, program)
	}
	if exit, ok := errors.AsType[*exec.ExitError](err); ok && exit.ExitCode() > 0 {
		os.Exit(exit.ExitCode()) // the program has said why
	} else if err != nil {
		fmt.Fprintln(os.Stderr, "supervise:", err)
		os.Exit(1)
	}
}

// supervise runs a program until it ends, the time is over, or this process is interrupted.
func supervise(limit time.Duration, o *child.Options, program []string) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if limit > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, limit)
		defer cancel()
	}
	cmd := exec.Command(program[0], program[1:]...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	p, err := child.Start(context.Background(), cmd, o)
	if err != nil {
		return err
	}
	defer p.Wait()
	fmt.Printf("supervise: process %d, held by: %v; all of its descendants: %v; dies with this process: %v\n",
		p.PID(), p.Containment(), p.Containment().Whole(), p.Containment().DiesWithParent())

	select {
	case <-p.Ended():
		return p.Wait()
	case <-ctx.Done():
	}
	stop() // a second interrupt ends this process, and so the tree, at once
	if err := p.Stop(context.Background()); err != nil {
		return err
	}
	fmt.Println("supervise: the whole tree has ended by itself")
	return nil
}

// tree is a process that has depth others below it and ends when it is asked; if it is stubborn,
// after an hour.
func tree(depth int, stdin, stubborn bool) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if depth > 0 {
		args := self(depth-1, stdin, stubborn)
		cmd := exec.Command(args[0], args[1:]...)
		cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
		if err := cmd.Start(); err != nil {
			return err
		}
	}
	fmt.Printf("process %d runs, with %d below it\n", os.Getpid(), depth)
	asked := ctx.Done()
	switch {
	case stubborn:
		asked = nil
	case stdin:
		var ask context.CancelFunc
		ctx, ask = context.WithCancel(ctx)
		go func() {
			io.Copy(io.Discard, os.Stdin)
			ask()
		}()
		asked = ctx.Done()
	}
	select {
	case <-asked:
		fmt.Printf("process %d ends\n", os.Getpid())
	case <-time.After(time.Hour):
	}
	return nil
}

// self is the command line of this program as a tree of that depth.
func self(depth int, stdin, stubborn bool) []string {
	exe, err := os.Executable()
	if err != nil {
		exe = os.Args[0]
	}
	return []string{exe, "-node", strconv.Itoa(depth), fmt.Sprintf("-stdin=%v", stdin), fmt.Sprintf("-stubborn=%v", stubborn)}
}
