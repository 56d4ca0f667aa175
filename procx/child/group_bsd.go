//go:build dragonfly || netbsd || openbsd

package child

import "syscall"

// groupAlive can't tell; what the child has left is killed without grace.
func groupAlive(pgid int) bool { return false }

func setDeathSignal(*syscall.SysProcAttr) Containment { return 0 }
