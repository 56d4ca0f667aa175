package temp

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// killFrom ends the processes whose programs lie below dir, and returns their numbers.
func killFrom(dir string) (pids []int) {
	links, _ := filepath.Glob("/proc/[0-9]*/exe")
	for _, link := range links {
		exe, err := os.Readlink(link)
		pid, convErr := strconv.Atoi(filepath.Base(filepath.Dir(link)))
		if err != nil || convErr != nil || !strings.HasPrefix(exe, dir+"/") {
			continue
		}
		if syscall.Kill(pid, syscall.SIGKILL) == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}
