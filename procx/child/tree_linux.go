package child

import (
	"os"
	"os/exec"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// tree holds a child's process group and, where it could be had, its cgroup.
type tree struct {
	contained Containment
	cgroup    *cgroup
}

// openCgroup is swapped by tests that must do without.
var openCgroup = newCgroup

// holdThread keeps the goroutine on its thread, whose end would be the parent's
// death to the kernel.
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
	if !attr.UseCgroupFD { // else the caller's cgroup, which isn't ours to kill
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

func (t *tree) ask(p *os.Process) error {
	if t.cgroup != nil {
		return t.cgroup.signal(unix.SIGTERM)
	}
	return signalGroup(p, unix.SIGTERM)
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

// waitExit waits until p has ended and leaves it unreaped.
func (t *tree) waitExit(p *os.Process) {
	for {
		err := unix.Waitid(unix.P_PID, p.Pid, nil, unix.WEXITED|unix.WNOWAIT, nil)
		if err != unix.EINTR {
			return // ECHILD: this process ignores SIGCHLD, so the child is gone
		}
	}
}
