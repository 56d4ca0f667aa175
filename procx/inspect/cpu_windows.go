package inspect

import (
	"time"

	"golang.org/x/sys/windows"
)

func cpuUsed() (cpuUse, error) {
	var created, exited, kernel, user windows.Filetime
	if err := windows.GetProcessTimes(windows.CurrentProcess(), &created, &exited, &kernel, &user); err != nil {
		return cpuUse{}, err
	}
	return cpuUse{span(user), span(kernel)}, nil
}

// span converts a FILETIME that is a duration in units of 100 ns.
func span(t windows.Filetime) time.Duration {
	return time.Duration(int64(t.HighDateTime)<<32|int64(t.LowDateTime)) * 100
}
