package child

import "syscall"

// groupAlive can't tell; what the child has left is killed without grace.
func groupAlive(pgid int) bool { return false }

// setDeathSignal uses procctl(2)'s PROC_PDEATHSIG_CTL, which follows the process, not a thread.
func setDeathSignal(attr *syscall.SysProcAttr) Containment {
	if attr.Pdeathsig == 0 {
		attr.Pdeathsig = syscall.SIGKILL
	}
	if attr.Pdeathsig != syscall.SIGKILL {
		return 0
	}
	return DeathSignal
}
