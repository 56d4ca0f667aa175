package child

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"
)

// killWait is the time that killed processes have to disappear. A process in an uninterruptible
// wait takes longer.
const killWait = 5 * time.Second

// prepare checks the options and sets up cmd, as far as this is the same on every system.
func (p *Proc) prepare() error {
	if err := checkOptions(p.opt); err != nil {
		return err
	}
	if p.opt.Ask == AskSignal && p.opt.AskFunc == nil {
		if err := checkAttr(p.cmd); err != nil {
			return err
		}
	}
	if err := checkCommandLine(p.cmd); err != nil {
		return err
	}
	if p.cmd.Process != nil {
		return errors.New("child: the command has been started before")
	}
	if p.opt.Grace == 0 {
		p.opt.Grace = defaultGrace
	}
	if p.cmd.WaitDelay == 0 {
		p.cmd.WaitDelay = p.opt.WaitDelay
	}
	if p.cmd.WaitDelay == 0 {
		p.cmd.WaitDelay = defaultWaitDelay
	}
	if p.cmd.Cancel != nil { // made by CommandContext: its context ends the tree
		p.cmd.Cancel = func() error {
			p.ask(nil)
			<-p.ended
			return nil // Wait then returns the context's error
		}
	}
	return nil
}

// checkOptions returns an error for options that can never work.
func checkOptions(o Options) error {
	switch {
	case o.Grace < 0 || o.WaitDelay < 0:
		return fmt.Errorf("child: Grace %v or WaitDelay %v is negative; 0 means the default", o.Grace, o.WaitDelay)
	case o.Ask > AskNothing:
		return fmt.Errorf("child: unknown Ask %d", o.Ask)
	case o.NoWindow && o.Ask == AskSignal && o.AskFunc == nil:
		return errors.New("child: NoWindow gives the child a console of its own, where no CTRL_BREAK arrives: set Ask to AskStdin or AskNothing, or set AskFunc")
	}
	return nil
}

// launch starts the child on a goroutine that lives until the tree has ended.
func (p *Proc) launch() error {
	started := make(chan error)
	go func() {
		defer holdThread()()
		err := p.start()
		started <- err
		if err == nil {
			p.custody()
		}
	}()
	return <-started
}

// start starts the child and sets up its containment, both under the lock: cmd's context may end as
// soon as the child runs, and the kill then waits until the tree is complete.
func (p *Proc) start() error {
	p.mu.Lock()
	runs, err := p.startLocked()
	if err != nil {
		p.over = true
	}
	p.mu.Unlock()
	if err == nil {
		return nil
	}
	close(p.ended)
	if p.release != nil {
		p.release()
	}
	if runs { // not properly contained, so end it
		p.cmd.Process.Kill()
		p.cmd.Wait()
	}
	if p.tree != nil {
		p.tree.close()
	}
	return err
}

// startLocked starts the child. It may return runs and an error.
func (p *Proc) startLocked() (runs bool, err error) {
	if p.tree, err = newTree(p.cmd, p.opt); err != nil {
		return false, err
	}
	if p.release, err = foreground(p.cmd, p.opt); err != nil {
		return false, err
	}
	if p.opt.Ask == AskStdin && p.opt.AskFunc == nil {
		// Create the pipe last: cmd.Start closes it on failure, and nothing else would.
		if p.stdin, err = p.cmd.StdinPipe(); err != nil {
			return false, fmt.Errorf("child: AskStdin needs the command's Stdin for itself: %w", err)
		}
	}
	if err := p.cmd.Start(); err != nil {
		return false, err
	}
	return true, p.tree.adopt(p.cmd.Process, p.opt)
}

// ask asks the tree to end, once, and starts its grace.
func (p *Proc) ask(cause error) {
	p.mu.Lock()
	first := !p.asked && !p.over
	var ctx context.Context
	if first {
		p.asked, p.cause = true, cause
		ctx, p.asking = context.WithCancel(context.Background())
		p.grace = time.AfterFunc(p.opt.Grace, func() { p.kill(fmt.Errorf("still running after %v", p.opt.Grace)) })
	}
	p.mu.Unlock()
	if !first {
		return
	}
	how := p.opt.AskFunc
	switch {
	case how != nil:
	case p.opt.Ask == AskSignal:
		how = func(context.Context) error { return p.signal() }
	case p.opt.Ask == AskStdin:
		how = func(context.Context) error { return p.stdin.Close() }
	default:
		p.kill(nil)
		return
	}
	go func() { // the waiter below has a time limit, so the function needs none
		if err := how(ctx); err != nil && !errors.Is(err, os.ErrClosed) {
			p.kill(fmt.Errorf("asking failed: %w", err))
		}
	}()
}

// abort kills the tree for a reason that Wait then also returns.
func (p *Proc) abort(why error) {
	p.mu.Lock()
	if p.cause == nil {
		p.cause = why
	}
	p.mu.Unlock()
	p.kill(why)
}

// signal asks the tree to end with the system's signal.
func (p *Proc) signal() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.over {
		return nil
	}
	return p.tree.ask(p.cmd.Process)
}

// kill kills the tree; why is nil if that is intended.
func (p *Proc) kill(why error) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.over {
		return nil
	}
	if !p.forced {
		p.forced, p.why = true, why
		if p.asking != nil {
			p.asking()
		}
		close(p.force)
	}
	if p.spared = p.tree.kill(p.cmd.Process); p.spared != nil {
		return fmt.Errorf("child: killing the tree of process %d: %w", p.PID(), p.spared)
	}
	return nil
}

// custody runs until the whole tree has ended. The child stays unreaped, so that its ID can't be
// reused before the rest of the tree is killed.
func (p *Proc) custody() {
	stop := p.tree.reapOrphans(p.PID())
	p.tree.waitExit(p.cmd.Process, func() { p.abort(ErrTerminal) })
	p.mu.Lock()
	asked := p.asked
	p.mu.Unlock()
	if asked { // and so were the others
		p.waitEmpty(p.opt.Grace, p.force)
	}

	p.mu.Lock()
	p.tree.kill(p.cmd.Process) // remaining processes are counted below
	p.over = true
	if p.grace != nil {
		p.grace.Stop()
		p.asking()
	}
	p.mu.Unlock()

	left := !p.waitEmpty(killWait, nil)
	stop()
	p.release()
	p.mu.Lock()
	p.left = left
	p.mu.Unlock()
	close(p.ended)
}

// waitEmpty waits until no descendant of the child is alive, at most for limit and until cut is
// closed, and reports whether none is.
func (p *Proc) waitEmpty(limit time.Duration, cut <-chan struct{}) bool {
	end := time.Now().Add(limit)
	for pause := time.Millisecond; p.tree.alive(p.cmd.Process); pause = min(2*pause, 50*time.Millisecond) {
		if !time.Now().Before(end) {
			return false
		}
		select {
		case <-cut:
			return false
		case <-time.After(pause):
		}
	}
	return true
}

// outcome returns Stop's result.
func (p *Proc) outcome() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case !p.over || p.left:
		if p.spared != nil { // it may belong to another account by now
			return fmt.Errorf("child: killing the tree of process %d, some of which is still there: %w", p.PID(), p.spared)
		}
		return fmt.Errorf("child: the tree of process %d was killed, but some of it won't end", p.PID())
	case p.why != nil:
		return fmt.Errorf("%w: process %d: %w", ErrKilled, p.PID(), p.why)
	}
	return nil
}
