package child

import (
	"slices"
	"syscall"

	"golang.org/x/sys/unix"
)

// groupAlive reports whether a live process is in the process group.
func groupAlive(pgid int) bool {
	const zombie = 5 // SZOMB in <sys/proc.h>
	procs, err := unix.SysctlKinfoProcSlice("kern.proc.pgrp", pgid)
	return err == nil && slices.ContainsFunc(procs, func(p unix.KinfoProc) bool { return p.Proc.P_stat != zombie })
}

func setDeathSignal(*syscall.SysProcAttr) Containment { return 0 }
