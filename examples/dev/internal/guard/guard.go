// Package guard cleans up after a dev that was killed. A small process reads from a pipe, which is
// closed when dev exits for any reason. The process then kills the processes that dev has
// registered, and removes dev's temporary folder.
//
// The kernels of Linux and FreeBSD kill dev's children with it, but not their descendants; those of
// macOS and the other BSDs kill neither. Windows needs no guard, because jobs handle all of this.
package guard

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"sync"
)

// A Guard is dev's handle of the guard process. A nil Guard does nothing.
type Guard struct {
	cmd *exec.Cmd

	mu   sync.Mutex
	pipe io.WriteCloser
}

// Start starts argv, a command that calls Main, as the guard of this process and of the folder. On
// Windows it returns nil.
func Start(argv []string, dir string) (*Guard, error) {
	if runtime.GOOS == "windows" {
		return nil, nil
	}
	g := &Guard{cmd: exec.Command(argv[0], argv[1:]...)}
	g.cmd.Dir = "/"
	g.cmd.Stderr = os.Stderr
	detach(g.cmd) // the terminal's signals are not for it
	var err error
	if g.pipe, err = g.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	if err := g.cmd.Start(); err != nil {
		return nil, fmt.Errorf("guard: %w", err)
	}
	_, err = fmt.Fprintf(g.pipe, "dir %q\n", dir)
	return g, err
}

// Add registers a process group to be killed with dev.
func (g *Guard) Add(group int) { g.tell("add", group) }

// Remove says that the group has ended.
func (g *Guard) Remove(group int) { g.tell("remove", group) }

func (g *Guard) tell(what string, group int) {
	if g == nil {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	fmt.Fprintf(g.pipe, "%s %d\n", what, group) // an error says that the guard was killed: nothing can be done
}

// Close ends the guard, after all added groups have ended.
func (g *Guard) Close() {
	if g == nil {
		return
	}
	g.mu.Lock()
	fmt.Fprintln(g.pipe, "end")
	g.pipe.Close()
	g.mu.Unlock()
	g.cmd.Wait()
}
