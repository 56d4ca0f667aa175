// Package child starts child processes that can't be left behind. They are stopped gracefully and
// then killed with all their descendants, and they die with the program that started them.
//
// os/exec kills only the process that it started. Its descendants (the server under a shell, under
// npm or under "go run") live on and hold the port and the output pipe, on which Wait hangs
// (golang.org/issue/23019). On Windows there is no SIGTERM to ask a child to end, and a child
// outlives a parent that crashes.
//
//	cmd := exec.Command("worker", "-queue", "mail")
//	cmd.Stdout = os.Stdout
//	p, err := child.Start(ctx, cmd, nil) // stopped when ctx ends
//	…
//	err = p.Stop(ctx) // asks, waits for Options.Grace, then kills the tree
//	err = p.Wait()
//
// [Proc.Containment] reports what the system supports; limitations are never silently ignored.
//
// # Windows
//
// The child is created suspended, assigned to a job object that is killed when its last handle
// closes, and only then resumed, so that no descendant can escape before (Microsoft: "Job Objects",
// "Nested Jobs"). It is asked to stop by CTRL_BREAK, which Go programs see as os.Interrupt, or by
// closing its standard input. It has its own process group and so never receives CTRL_C (Microsoft:
// "Process Creation Flags").
//
// For a batch file the system starts cmd.exe, which parses the command line by its own rules. An
// argument that can't be quoted for it (with one of "%!&|<>^ or a line end) is an error, since it
// could run another command (CVE-2024-24576).
//
// # Linux
//
// The child leads its own process group. If the kernel has cgroup.kill (5.14) and this process's
// cgroup v2 is writable, as in a container, as root, or in a unit with Delegate=yes, the child
// starts in a new cgroup below it, from which no descendant escapes, even with setsid. The kernel
// kills the child, though not its descendants, when this process dies (prctl(2), PR_SET_PDEATHSIG).
// Strictly, that signal is sent when the thread that started the child ends
// (golang.org/issue/27505), so Start uses a thread that stays until the child has ended. The child
// therefore doesn't inherit changes that the caller has made to its own thread, such as a network
// namespace.
//
// If this process is PID 1, like a container's main program, or a subreaper, it becomes the parent
// of orphans. Orphans of a tree, in its cgroup or process group, are reaped; processes that os/exec
// waits for are not.
//
// # macOS and the BSDs
//
// The child leads its own process group; a descendant that leaves the group escapes. Only FreeBSD
// ends the child with this process. Only macOS reports whether other processes are left in the
// group; on the BSDs they are killed as soon as the child has ended. On other systems Start fails
// with [errors.ErrUnsupported].
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
	// ErrKilled is returned, wrapped, by Stop if the tree had to be killed.
	ErrKilled = errors.New("child: killed, because it did not end when asked")
	// ErrNotContained is returned, wrapped, by Start if Options.Whole can't be satisfied.
	ErrNotContained error = notContained{}
	// ErrTerminal is returned, wrapped, by Wait and Stop if the tree was killed because the
	// terminal stopped the child, which tried to read from it in the background. On Linux only.
	ErrTerminal = errors.New("child: stopped by the terminal, which it may not use in the background (SIGTTIN or SIGTTOU): " +
		"set Options.Foreground, or give it another Stdin")
	// ErrTethered is returned, wrapped, by StartDetached if the process would still end with this
	// one.
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
	// AskSignal sends SIGTERM to every process that Containment reaches, followed by SIGCONT, so
	// that a stopped process can respond. On Windows it sends CTRL_BREAK to the child's process
	// group, which requires a shared console. If this process has no console, as in a service, the
	// child gets its own console without a window, to which this process attaches briefly to send
	// the event. A child that is not a console program can't be asked in this way: the tree is
	// killed at once, and Stop's error wraps errors.ErrUnsupported. Start fails if AskSignal is
	// combined with NoWindow, with DETACHED_PROCESS, CREATE_NEW_CONSOLE or CREATE_NO_WINDOW in the
	// command's creation flags, or with SysProcAttr.Ptrace on Linux.
	AskSignal Ask = iota
	// AskStdin closes the child's standard input, which Start sets to a pipe. It works on every
	// system, with and without a console, for a child that exits at the end of its input.
	AskStdin
	// AskNothing kills the tree at once.
	AskNothing
)

const (
	defaultGrace     = 10 * time.Second
	defaultWaitDelay = 5 * time.Second
)

// Options determine how a child runs and ends. The zero value is usable.
type Options struct {
	// Ask is the way in which the child is asked to end, by Stop or when the context ends.
	Ask Ask
	// AskFunc replaces Ask with another way of asking, such as a named event or an HTTP request. If
	// it fails, the tree is killed. It is called once, in its own goroutine, and must return when
	// ctx ends, which happens when the tree has ended or is being killed.
	AskFunc func(ctx context.Context) error
	// Grace is the time that the tree has to end after being asked, before it is killed. Zero means
	// 10 s. It starts when the asking begins.
	Grace time.Duration
	// NoWindow gives the child a console without a window on Windows, where a child of a service,
	// or of a program linked with -H windowsgui, would otherwise open one. Such a child can't
	// receive CTRL_BREAK, so NoWindow can't be combined with AskSignal. This is checked on every
	// system, so that the mistake is found everywhere. If this process has no console, as in a
	// service, a child with AskSignal gets a console without a window in any case.
	NoWindow bool
	// Foreground gives the terminal to the child while it runs, and takes it back afterwards. The
	// child's Stdin must be this process's terminal. Without Foreground the child can't read from
	// the terminal, since it has its own process group. With it, Ctrl+C goes only to the child.
	// Only one child at a time can have the terminal. On Windows Foreground has no effect, since
	// every process of a console may read from it.
	Foreground bool
	// Whole makes Start fail with ErrNotContained rather than start a child whose descendants could
	// escape.
	Whole bool
	// WaitDelay limits Wait after the tree has ended, if a process outside of it still holds the
	// child's output. It is used if the command's own WaitDelay is 0, which would mean no limit.
	// Zero means 5 s.
	WaitDelay time.Duration
}

// Proc is a started child with its descendants. Its methods are safe for concurrent use. Wait must
// be called for every Proc, as for an exec.Cmd.
type Proc struct {
	cmd   *exec.Cmd
	opt   Options
	stdin io.WriteCloser // with AskStdin
	tree  *tree
	ended chan struct{} // closed when the whole tree has ended
	force chan struct{} // closed when the tree must end at once

	mu     sync.Mutex
	asked  bool
	cause  error // the context's, if its end made the tree stop
	forced bool  // the tree was killed before it ended
	why    error // the reason for that, unless intended
	spared error // why the last attempt to kill the tree failed
	over   bool  // the rest has been killed: the tree's IDs may have been reused
	left   bool  // killed processes still exist
	grace  *time.Timer
	asking context.CancelFunc // ends AskFunc's context

	reap    sync.Once
	waitErr error
	unwatch func() bool
	release func() // takes back the terminal
}

// Start starts cmd, which must not have been started before, and supervises its tree. When ctx or
// the context of exec.CommandContext ends, the tree is stopped as by Stop. A nil o means the zero
// Options.
//
// When the child itself ends, its remaining descendants are killed: at once if the child ended
// without being asked, otherwise after the rest of Grace.
//
// Start sets or changes cmd.SysProcAttr, cmd.Cancel and, if it is 0, cmd.WaitDelay. Do not call
// cmd.Wait: Proc.Wait does. Read from StdoutPipe and StderrPipe before Wait, as documented in
// os/exec.
//
// Start returns the errors of cmd.Start, an error for options that can't work, such as an Ask that
// the command's SysProcAttr makes impossible, ErrNotContained, and on an unsupported system an
// error that matches errors.ErrUnsupported.
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

// Stdin returns the child's standard input if Options.Ask is AskStdin, and nil otherwise. Closing
// it asks the child to end, without starting the Grace of Stop.
func (p *Proc) Stdin() io.WriteCloser { return p.stdin }

// Containment returns how far KillTree reaches, and whether the child dies with this process. It
// reflects what was achieved, not what was attempted.
func (p *Proc) Containment() Containment { return p.tree.contained }

// Ended returns a channel that is closed when the child and every descendant that Containment
// reaches have ended, or 5 s after they were killed.
func (p *Proc) Ended() <-chan struct{} { return p.ended }

// Wait waits until the whole tree has ended and the output is copied, and releases the tree's
// resources. It returns the same errors as exec.Cmd.Wait: nil for exit status 0, otherwise an
// *exec.ExitError or exec.ErrWaitDelay. If the end of Start's context stopped the tree, the error
// also matches the context's cause. Wait may be called more than once.
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

// Stop asks the child to end, waits until the tree has ended, at most for Options.Grace and until
// ctx ends, and then kills the tree. It returns nil if the tree ended by itself, and otherwise an
// error that matches ErrKilled and contains the reason. When Stop returns, the tree has ended; Stop
// returns an error if the kernel can't kill a process. Stop doesn't replace Wait.
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
// doesn't wait for them to end; Ended and Wait do. It returns nil if they have already ended.
func (p *Proc) KillTree() error { return p.kill(errors.New("KillTree was called")) }
