//go:build linux || darwin || dragonfly || freebsd || netbsd || openbsd

package child

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"

	"golang.org/x/sys/unix"
)

// foreground makes cmd the foreground process group of its Stdin, this process's terminal. release
// takes the terminal back, unless a third process has it by then.
func foreground(cmd *exec.Cmd, o Options) (release func(), err error) {
	if !o.Foreground {
		return func() {}, nil
	}
	file, ok := cmd.Stdin.(*os.File)
	if !ok {
		return nil, errors.New("child: Foreground needs a terminal, as an *os.File, as the command's Stdin")
	}
	if cmd.SysProcAttr.Setsid {
		return nil, errors.New("child: Foreground and SysProcAttr.Setsid: a new session has no terminal")
	}
	tty, err := unix.FcntlInt(file.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("child: Foreground: %w", err)
	}
	own, err := unix.IoctlGetInt(tty, unix.TIOCGPGRP)
	if err != nil {
		unix.Close(tty)
		return nil, fmt.Errorf("child: Foreground: %s is not this process's terminal: %w", file.Name(), err)
	}
	if own != unix.Getpgrp() {
		unix.Close(tty)
		return nil, errors.New("child: Foreground: this process itself is in the background of its terminal")
	}
	cmd.SysProcAttr.Foreground, cmd.SysProcAttr.Ctty = true, tty
	return func() {
		defer unix.Close(tty)
		if now, err := unix.IoctlGetInt(tty, unix.TIOCGPGRP); err != nil || cmd.Process != nil && now != cmd.Process.Pid {
			return
		}
		// This process is in the background now and would be stopped by tcsetpgrp(3).
		if !signal.Ignored(unix.SIGTTOU) {
			signal.Ignore(unix.SIGTTOU)
			defer signal.Reset(unix.SIGTTOU)
		}
		unix.IoctlSetPointerInt(tty, unix.TIOCSPGRP, own)
	}, nil
}
