//go:build dragonfly || netbsd || openbsd

package child

import "syscall"

// groupAlive always returns false, since it can't be determined here; the child's remaining
// descendants are killed without grace.
func groupAlive(pgid int) bool { return false }

func setDeathSignal(*syscall.SysProcAttr) Containment { return 0 }
