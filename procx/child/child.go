// Package child starts child processes that can't be left behind: they are stopped gracefully and
// then whole, with everything that they started themselves, and they die with the program that
// started them.
//
// os/exec kills only the one process that it started. What that process started in turn (the server
// under a shell, under npm or under "go run") lives on, holds the port and the output pipe, and
// Wait hangs on that pipe (golang.org/issue/23019). On Windows there is no SIGTERM to ask with, and
// a child outlives a parent that crashed.
//
//	cmd := exec.Command("worker", "-queue", "mail")
//	cmd.Stdout = os.Stdout
//	p, err := child.Start(ctx, cmd, nil) // it is stopped when ctx ends
//	…
//	err = p.Stop(ctx) // asks, waits for Options.Grace, then kills the tree
//	err = p.Wait()
//
// What a system can't do is said by [Proc.Containment], never passed over.
//
// # Windows
//
// The child is created suspended, assigned to a job object that is killed when its last handle
// closes, and only then resumed, so no descendant can slip out before (Microsoft: "Job Objects",
// "Nested Jobs"). It is asked to stop by CTRL_BREAK, which Go programs see as os.Interrupt, or by
// closing its standard input. It is a process group of its own and so never sees CTRL_C (Microsoft:
// "Process Creation Flags").
//
// For a batch file the system starts cmd.exe, which reads the command line by rules of its own: an
// argument that can't be quoted for it ("%!&|<>^ and line ends) is an error, as it could run
// another command (CVE-2024-24576).
//
// # Linux
//
// The child leads a process group of its own. Where the kernel has cgroup.kill (5.14) and this
// process's cgroup v2 can be written, as in a container, as root, or in a unit with Delegate=yes,
// the child starts inside a new cgroup below it: no descendant escapes, not by setsid either. The
// kernel kills the child, though not its descendants, when this process dies (prctl(2),
// PR_SET_PDEATHSIG). That signal in truth follows the thread that started the child
// (golang.org/issue/27505); Start therefore uses a thread that stays until the child has ended. So
// the child doesn't inherit what the caller has changed about its own thread, such as a network
// namespace.
//
// As PID 1, which a container's main program is, or as a subreaper, this process becomes the parent
// of orphans. Those of a tree are reaped, in its cgroup or process group, and no process that
// os/exec waits for.
//
// # macOS and the BSDs
//
// A process group; a descendant that leaves it escapes. Only FreeBSD ends the child with this
// process, and only macOS tells whether others are left in the group: on the BSDs they are killed
// as soon as the child has ended. On other systems Start fails with [errors.ErrUnsupported].
package child

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"sync"
	"time"
)

// Errors of this package, for errors.Is.
var (
	// ErrKilled is in the error of Stop where the tree had to be killed.
	ErrKilled = errors.New("child: killed, because it did not end when asked")
	// ErrNotContained is in the error of Start where Options.Whole can't be had.
	ErrNotContained error = notContained{}
	// ErrTerminal is in the error of Wait and Stop where the tree was killed because the terminal
	// had stopped the child: it wanted to read it from the background. On Linux only.
	ErrTerminal = errors.New("child: stopped by the terminal, which it may not use in the background (SIGTTIN or SIGTTOU): " +
		"set Options.Foreground, or give it another Stdin")
	// ErrTethered is in the error of StartDetached where the process would end with this one all
	// the same.
	ErrTethered = errors.New("child: can't be detached")
)

type notContained struct{}

func (notContained) Error() string {
	return "child: a descendant could escape: " + errors.ErrUnsupported.Error()
}
func (notContained) Unwrap() error { return errors.ErrUnsupported }

// Ask is a way to ask a child to end.
type Ask uint8

const (
	// AskSignal sends SIGTERM to every process that Containment reaches, and SIGCONT after it, so
	// that one that is stopped can answer. On Windows it sends CTRL_BREAK to the child's process
	// group. That passes only through a console that both share. Where this process has none, as a
	// service, the child gets a console of its own without a window, to which this process attaches
	// for the moment of asking; a child that is not a console program can't be asked in this way:
	// the tree is killed at once, and Stop's error wraps errors.ErrUnsupported. With NoWindow,
	// Start fails, and likewise with DETACHED_PROCESS, CREATE_NEW_CONSOLE or CREATE_NO_WINDOW among
	// the command's creation flags, and with SysProcAttr.Ptrace on Linux.
	AskSignal Ask = iota
	// AskStdin closes the child's standard input, which Start makes a pipe. It works on every
	// system, with and without a console, for a child that ends when its input does.
	AskStdin
	// AskNothing kills at once.
	AskNothing
)

const (
	defaultGrace     = 10 * time.Second
	defaultWaitDelay = 5 * time.Second
)

// Options tell Start how a child runs and ends. The zero value is usable.
type Options struct {
	// Ask is how Stop and the end of the context ask the child to end.
	Ask Ask
	// AskFunc asks in another way, in Ask's place: by a named event, say, or an HTTP request. If it
	// fails, the tree is killed. It is called once, in a goroutine of its own, and must return when
	// ctx ends: that is when the tree has ended or is being killed.
	AskFunc func(ctx context.Context) error
	// Grace is how long the tree may take to end once it was asked; then it is killed. Zero: 10 s.
	// It counts from when the asking begins.
	Grace time.Duration
	// NoWindow gives the child a console without a window on Windows, where a service, or a program
	// linked with -H windowsgui, makes one pop up. No CTRL_BREAK arrives there, so it needs another
	// Ask than AskSignal: on every system, so that the mistake shows on every system. A process
	// without a console, such as a service, gives a child that it asks by AskSignal a console
	// without a window in any case.
	NoWindow bool
	// Foreground gives the terminal to the child for as long as it runs, and takes it back then:
	// the child's Stdin must be this process's terminal. Only then may the child read it, as its
	// process group is not this process's; and Ctrl+C goes to the child alone. One child at a time
	// can have it. On Windows, where every process of a console may read it, it changes nothing.
	Foreground bool
	// Whole lets Start fail with ErrNotContained rather than start a child whose descendants could
	// escape.
	Whole bool
	// WaitDelay bounds Wait after the tree has ended, if something beyond it still holds the
	// child's output. It is used where the command's own WaitDelay is 0, which would mean for ever.
	// Zero: 5 s.
	WaitDelay time.Duration
}

// Proc is a started child with its descendants. Its methods may be called concurrently. Every Proc
// needs a call of Wait, as an exec.Cmd does.
type Proc struct {
	cmd   *exec.Cmd
	opt   Options
	stdin io.WriteCloser // with AskStdin
	tree  *tree
	ended chan struct{} // closed when the whole tree has ended
	force chan struct{} // closed when the tree must end at once

	mu     sync.Mutex
	asked  bool
	cause  error // the context's, if its end asked
	forced bool  // the tree was killed before it ended
	why    error // the reason for that, unless it was meant to be
	spared error // why the last attempt to kill the tree failed
	over   bool  // what was left has been killed: the tree's numbers may be another's
	left   bool  // killed processes are still there
	grace  *time.Timer
	asking context.CancelFunc // ends AskFunc's context

	reap    sync.Once
	waitErr error
	unwatch func() bool
	release func() // takes the terminal back
}

// Start starts cmd, which must not have been started, and takes its tree into custody. When ctx
// ends, and equally when the context of exec.CommandContext does, the tree is stopped as by Stop. A
// nil o means the zero Options.
//
// When the child itself ends, Start's custody ends what it has left running: at once if it ended
// unasked, after the rest of Grace otherwise.
//
// Start sets or changes cmd.SysProcAttr, cmd.Cancel and, where it is 0, cmd.WaitDelay. Do not call
// cmd.Wait: Proc.Wait does. Read from StdoutPipe and StderrPipe before Wait, as os/exec says.
//
// Errors: those of cmd.Start; options that can't work, such as an Ask that the command's
// SysProcAttr makes impossible; ErrNotContained; on a system without support an error that is
// errors.ErrUnsupported.
func Start(ctx context.Context, cmd *exec.Cmd, o *Options) (*Proc, error) {
	if o == nil {
		o = &Options{}
	}
	p := &Proc{cmd: cmd, opt: *o, ended: make(chan struct{}), force: make(chan struct{})}
	if err := p.prepare(); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("child: not starting %s: %w", cmd.Path, context.Cause(ctx))
	}
	if err := p.launch(); err != nil {
		return nil, err
	}
	p.unwatch = context.AfterFunc(ctx, func() { p.ask(context.Cause(ctx)) })
	return p, nil
}

// PID returns the child's process ID.
func (p *Proc) PID() int { return p.cmd.Process.Pid }

// Stdin returns the child's standard input where Options.Ask is AskStdin, and nil otherwise.
// Closing it asks the child to end, outside Stop's account.
func (p *Proc) Stdin() io.WriteCloser { return p.stdin }

// Containment says how far KillTree reaches, and whether the child dies with this process: what was
// really had, not what was tried.
func (p *Proc) Containment() Containment { return p.tree.contained }

// Ended returns a channel that is closed when the child and every descendant that Containment
// reaches have ended, or have outlived being killed by 5 s.
func (p *Proc) Ended() <-chan struct{} { return p.ended }

// Wait waits until the whole tree has ended and the output is copied, releases what the system
// holds for it, and returns as exec.Cmd.Wait does: nil for exit status 0, else an *exec.ExitError
// or exec.ErrWaitDelay. If the end of Start's context stopped the tree, the error is the context's
// cause as well. Wait may be called more than once.
func (p *Proc) Wait() error {
	<-p.ended
	p.reap.Do(func() {
		p.unwatch()
		p.waitErr = p.cmd.Wait()
		p.tree.close()
		switch {
		case p.cause == nil:
		case p.waitErr == nil:
			p.waitErr = fmt.Errorf("child: stopped: %w", p.cause)
		default:
			p.waitErr = fmt.Errorf("child: stopped: %w: %w", p.cause, p.waitErr)
		}
	})
	return p.waitErr
}

// Stop asks the child to end, waits until the tree has ended, for Options.Grace and until ctx ends
// at most, and then kills the tree. It returns nil if the tree ended by itself, an error that is
// ErrKilled and says why if not. After Stop the tree has ended in any case; a process that the
// kernel can't kill is an error. Stop doesn't replace Wait.
func (p *Proc) Stop(ctx context.Context) error {
	p.ask(nil)
	select {
	case <-p.ended:
	case <-p.force:
	case <-ctx.Done():
		p.kill(context.Cause(ctx))
	}
	select {
	case <-p.ended:
	case <-time.After(2 * killWait):
	}
	return p.outcome()
}

// KillTree kills the child and every descendant that Containment reaches, without asking. It
// doesn't wait for their end; Ended and Wait do. It is nil where they have ended already.
func (p *Proc) KillTree() error { return p.kill(errors.New("KillTree was called")) }
