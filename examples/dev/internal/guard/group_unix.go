//go:build unix

package guard

import (
	"os/exec"
	"syscall"
)

func detach(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} }

// kill asks a process group to end, or ends it.
func kill(group int, hard bool) {
	sig := syscall.SIGTERM
	if hard {
		sig = syscall.SIGKILL
	}
	syscall.Kill(-group, sig)
}

func exists(group int) bool { return syscall.Kill(-group, 0) == nil }
