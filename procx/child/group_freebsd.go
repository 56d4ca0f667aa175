package child

import "syscall"

// groupAlive always returns false, since it can't be determined here; the child's remaining
// descendants are killed without grace.
func groupAlive(pgid int) bool { return false }

// setDeathSignal uses PROC_PDEATHSIG_CTL of procctl(2), which depends on the process, not on a
// thread.
func setDeathSignal(attr *syscall.SysProcAttr) Containment {
	if attr.Pdeathsig == 0 {
		attr.Pdeathsig = syscall.SIGKILL
	}
	if attr.Pdeathsig != syscall.SIGKILL {
		return 0
	}
	return DeathSignal
}
