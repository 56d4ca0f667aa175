package openrc

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"syscall"

	"github.com/surefoot-go/surefoot/svcx/internal/spec"
)

// Open sets the back end up for this machine. It has no services of a user.
func (m *Backend) Open(user bool) error {
	m.root, m.scripts, m.runlevel, m.state, m.run = os.Geteuid() == 0, "/etc/init.d", "default", "/run/openrc", rc
	m.alive = func(pid int) bool { return syscall.Kill(pid, 0) != syscall.ESRCH }
	if user {
		return spec.Fail(errors.ErrUnsupported, nil, "OpenRC has no services of a user: leave Service.User unset")
	}
	return nil
}

// Booted reports whether OpenRC has started this machine.
func (*Backend) Booted() bool {
	_, err := os.Lstat("/run/openrc/softlevel")
	return err == nil
}

// find returns where a program of OpenRC is: in /sbin, which is not on every user's PATH, or in
// /bin, since OpenRC 0.60 and where that is another directory.
func find(program string) string {
	if _, err := os.Stat("/sbin/" + program); err != nil {
		return "/bin/" + program
	}
	return "/sbin/" + program
}

// rc runs a program of OpenRC.
func rc(ctx context.Context, program string, args ...string) (code int, out string, err error) {
	cmd := exec.CommandContext(ctx, find(program), args...)
	text, err := cmd.CombinedOutput()
	if _, ok := errors.AsType[*exec.ExitError](err); ok && ctx.Err() == nil {
		return cmd.ProcessState.ExitCode(), string(text), nil
	}
	return 0, string(text), err
}
