//go:build unix

package inspect

import (
	"time"

	"golang.org/x/sys/unix"
)

func cpuUsed() (cpuUse, error) {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		return cpuUse{}, err
	}
	return cpuUse{time.Duration(u.Utime.Nano()), time.Duration(u.Stime.Nano())}, nil
}
