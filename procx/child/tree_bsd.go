//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package child

import (
	"fmt"
	"os"
	"os/exec"

	"golang.org/x/sys/unix"
)

// tree holds a child's process group, and the kqueue that reports its end.
type tree struct {
	contained Containment
	kq        int
}

func holdThread() (release func()) { return func() {} }

func newTree(cmd *exec.Cmd, o Options) (*tree, error) {
	attr, err := groupAttr(cmd)
	if err != nil {
		return nil, err
	}
	t := &tree{contained: Group | setDeathSignal(attr)}
	if err := checkWhole(t.contained, o, nil); err != nil {
		return nil, err
	}
	if t.kq, err = unix.Kqueue(); err != nil {
		return nil, fmt.Errorf("child: kqueue: %w", err)
	}
	unix.CloseOnExec(t.kq)
	cmd.SysProcAttr = attr
	return t, nil
}

func (t *tree) adopt(p *os.Process, o Options) error { return nil }
func (t *tree) kill(p *os.Process) error             { return signalGroup(p, unix.SIGKILL) }
func (t *tree) alive(p *os.Process) bool             { return groupAlive(p.Pid) }
func (t *tree) close()                               { unix.Close(t.kq) }

func checkAttr(*exec.Cmd) error { return nil }

// ask sends SIGTERM followed by SIGCONT, since a stopped process can't respond before.
func (t *tree) ask(p *os.Process) error {
	if err := signalGroup(p, unix.SIGTERM); err != nil {
		return err
	}
	return signalGroup(p, unix.SIGCONT)
}

// reapOrphans does nothing: orphans go to process 1, which is init.
func (t *tree) reapOrphans(int) (stop func()) { return func() {} }

// waitExit waits until p has ended and leaves it unreaped (kqueue(2)). It does not detect that a
// terminal has stopped p.
func (t *tree) waitExit(p *os.Process, _ func()) {
	changes, events := make([]unix.Kevent_t, 1), make([]unix.Kevent_t, 1)
	unix.SetKevent(&changes[0], p.Pid, unix.EVFILT_PROC, unix.EV_ADD|unix.EV_ONESHOT)
	changes[0].Fflags = unix.NOTE_EXIT
	for {
		// ESRCH, as an error or in the event: p has ended already.
		n, err := unix.Kevent(t.kq, changes, events, nil)
		if n > 0 || err != nil && err != unix.EINTR {
			return
		}
		changes = nil // applied even if interrupted
	}
}

func detach(cmd *exec.Cmd) error { return newSession(cmd) }
