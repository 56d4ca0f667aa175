//go:build linux || darwin || dragonfly || freebsd || netbsd || openbsd

package child

import (
	"errors"
	"os"
	"os/exec"
	"syscall"

	"golang.org/x/sys/unix"
)

// groupAttr returns a copy of cmd's attributes in which the child leads a process group.
func groupAttr(cmd *exec.Cmd) (*syscall.SysProcAttr, error) {
	attr := &syscall.SysProcAttr{}
	if cmd.SysProcAttr != nil {
		*attr = *cmd.SysProcAttr
	}
	if attr.Pgid != 0 {
		return nil, errors.New("child: SysProcAttr.Pgid puts the child into a process group that is not its own: leave it 0")
	}
	attr.Setpgid = !attr.Setsid // a session leader already leads a group
	return attr, nil
}

// signalGroup signals the process group that p leads. p must be unreaped, so that its ID is still
// its own.
func signalGroup(p *os.Process, sig unix.Signal) error {
	err := unix.Kill(-p.Pid, sig)
	if err == unix.ESRCH || err == unix.EPERM && !groupAlive(p.Pid) { // macOS: EPERM if all are zombies
		return nil
	}
	return err
}

// newSession makes cmd lead a new session without a terminal.
func newSession(cmd *exec.Cmd) error {
	attr := &syscall.SysProcAttr{}
	if cmd.SysProcAttr != nil {
		*attr = *cmd.SysProcAttr
	}
	attr.Setsid, attr.Setpgid = true, false
	cmd.SysProcAttr = attr
	return nil
}
