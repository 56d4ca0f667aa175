package child

import (
	"os"
	"path/filepath"
	"strconv"
)

// groupAlive says whether a live process is in the process group. kill(2) with
// signal 0 can't tell: it counts the unreaped leader.
func groupAlive(pgid int) bool {
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, name := range stats {
		if stat, err := os.ReadFile(name); err == nil && groupMember(string(stat), strconv.Itoa(pgid)) {
			return true
		}
	}
	return false
}
