package unixsec

import (
	"os"

	"golang.org/x/sys/unix"
)

// mountOf returns information about the file system of path.
func mountOf(path string) Mount {
	var st unix.Statfs_t
	if err := unix.Statfs(path, &st); err != nil {
		return Mount{}
	}
	return Mount{ReadOnly: st.Flags&unix.ST_RDONLY != 0, Fixed: fixedModes(uint32(st.Type))}
}

func isUnmapped(uid uint32) bool {
	overflow, err := os.ReadFile("/proc/sys/kernel/overflowuid")
	if err != nil {
		return false
	}
	uidMap, err := os.ReadFile("/proc/self/uid_map")
	return err == nil && unmapped(uid, string(uidMap), string(overflow))
}
