package child

import (
	"errors"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// tree holds a child's process group and, if available, its cgroup.
type tree struct {
	contained Containment
	cgroup    *cgroup
}

// openCgroup is swapped by tests that run without a cgroup.
var openCgroup = newCgroup

// holdThread keeps the goroutine on its thread, whose end the kernel would treat as the parent's
// death.
func holdThread() (release func()) {
	runtime.LockOSThread()
	return runtime.UnlockOSThread
}

func newTree(cmd *exec.Cmd, o Options) (*tree, error) {
	attr, err := groupAttr(cmd)
	if err != nil {
		return nil, err
	}
	t := &tree{contained: Group}
	if attr.Pdeathsig == 0 {
		attr.Pdeathsig = syscall.SIGKILL
	}
	if attr.Pdeathsig == syscall.SIGKILL {
		t.contained |= DeathSignal
	}
	if !attr.UseCgroupFD { // otherwise it is the caller's cgroup, which must not be killed
		if t.cgroup, err = openCgroup(); err == nil {
			attr.UseCgroupFD, attr.CgroupFD = true, int(t.cgroup.dir.Fd())
			t.contained |= Cgroup
		}
	}
	if err := checkWhole(t.contained, o, err); err != nil {
		t.close()
		return nil, err
	}
	cmd.SysProcAttr = attr
	return t, nil
}

func (t *tree) adopt(p *os.Process, o Options) error { return nil }

// checkAttr returns an error for attributes that keep the child from responding to a signal: a
// traced child stops for each signal until its tracer continues it.
func checkAttr(cmd *exec.Cmd) error {
	if cmd.SysProcAttr != nil && cmd.SysProcAttr.Ptrace {
		return errors.New("child: with SysProcAttr.Ptrace every signal stops the child: set Ask to AskStdin or AskNothing, or set AskFunc")
	}
	return nil
}

// ask sends SIGTERM followed by SIGCONT, since a stopped process can't respond before. The child's
// group is continued at once: if its leader ended while another process in it is stopped, the
// kernel would end that one with SIGHUP (setpgid(2)).
func (t *tree) ask(p *os.Process) error {
	if t.cgroup == nil {
		return errors.Join(signalGroup(p, unix.SIGTERM), signalGroup(p, unix.SIGCONT))
	}
	return errors.Join(t.cgroup.signal(unix.SIGTERM), signalGroup(p, unix.SIGCONT), t.cgroup.signal(unix.SIGCONT))
}

func (t *tree) kill(p *os.Process) error {
	err := signalGroup(p, unix.SIGKILL)
	if t.cgroup != nil {
		err = t.cgroup.kill()
	}
	return err
}

func (t *tree) alive(p *os.Process) bool {
	if t.cgroup != nil {
		return t.cgroup.populated()
	}
	return groupAlive(p.Pid)
}

func (t *tree) close() {
	if t.cgroup != nil {
		t.cgroup.close()
	}
}

// waitExit waits until p has ended and leaves it unreaped. It calls stopped if the terminal has
// stopped p, which happens if a background process reads from it.
func (t *tree) waitExit(p *os.Process, stopped func()) {
	for {
		var info unix.Siginfo
		err := unix.Waitid(unix.P_PID, p.Pid, &info, unix.WEXITED|unix.WSTOPPED|unix.WNOWAIT, nil)
		switch {
		case err == unix.EINTR:
			continue
		case err != nil: // ECHILD: this process ignores SIGCHLD, so the child is gone
			return
		case info.Code != cldStopped:
			return
		}
		// This consumes only the stop notification, never the child's end.
		if unix.Waitid(unix.P_PID, p.Pid, &info, unix.WSTOPPED|unix.WNOHANG, nil) == nil && info.Code == cldStopped {
			if sig := statusOf(&info); sig == unix.SIGTTIN || sig == unix.SIGTTOU {
				stopped()
			}
		}
	}
}

const cldStopped = 5 // CLD_STOPPED of <signal.h>

// statusOf returns si_status, which follows si_pid and si_uid (sigaction(2)). These are aligned
// like a pointer.
func statusOf(info *unix.Siginfo) unix.Signal {
	offset := unsafe.Sizeof(int32(0)) * 3
	if align := unsafe.Sizeof(uintptr(0)); offset%align != 0 {
		offset += align - offset%align
	}
	return unix.Signal(*(*int32)(unsafe.Add(unsafe.Pointer(info), offset+8)))
}
