package openrc

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/surefoot-go/surefoot/internal/atomicfile"
	"github.com/surefoot-go/surefoot/svcx/internal/spec"
)

// Open initializes the back end for this machine. OpenRC has no user services.
func (m *Backend) Open(user bool) error {
	m.root, m.scripts, m.runlevel, m.state = os.Geteuid() == 0, "/etc/init.d", "default", "/run/openrc"
	m.run, m.alive, m.signal, m.write = rc, alive, syscall.Kill, atomicfile.Replace
	if user {
		return spec.Fail(errors.ErrUnsupported, nil, "OpenRC does not support user services: leave Service.User unset")
	}
	return nil
}

// alive reports whether a process is running. A zombie is not.
func alive(pid int) bool {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat") // "7 (a name) S …"
	_, state, _ := strings.Cut(string(stat), ") ")
	return err == nil && !strings.HasPrefix(state, "Z")
}

// Booted reports whether this machine was booted with OpenRC.
func (*Backend) Booted() bool {
	_, err := os.Lstat("/run/openrc/softlevel")
	return err == nil
}

// find returns the path of a program of OpenRC. It is in /sbin, which is not on every user's PATH,
// or, since OpenRC 0.60, in /bin where that is a different directory.
func find(program string) string {
	if _, err := os.Stat("/sbin/" + program); err != nil {
		return "/bin/" + program
	}
	return "/sbin/" + program
}

// rc runs a program of OpenRC.
func rc(ctx context.Context, program string, args ...string) (code int, out string, err error) {
	cmd := exec.CommandContext(ctx, find(program), args...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error {
		if context.Cause(ctx) == errGaveUp {
			return syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) // including the processes that wait for the service
		}
		return cmd.Process.Kill()
	}
	cmd.WaitDelay = time.Second // processes that it started may have its output open
	text, err := cmd.CombinedOutput()
	if _, ok := errors.AsType[*exec.ExitError](err); ok && ctx.Err() == nil {
		return cmd.ProcessState.ExitCode(), string(text), nil
	}
	return 0, string(text), err
}
