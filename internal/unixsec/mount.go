package unixsec

import (
	"fmt"
	"strconv"
	"strings"
)

// A Mount describes how the file system of an object affects its mode and owner. The zero value is
// an ordinary one.
type Mount struct {
	ReadOnly bool   // no process can write, whatever the mode says
	Fixed    string // the kind, if modes and owners are mount options instead of the files' own
}

// fixedModes returns the kind of a file system of Linux on which modes and owners are mount
// options, or "". Source: include/uapi/linux/magic.h, and the file systems' own sources.
func fixedModes(magic uint32) string {
	switch magic {
	case 0x01021997:
		return "9p" // WSL 2's drives, virtual machines
	case 0x53464846:
		return "drvfs" // WSL 1's drives
	case 0x65735546:
		return "FUSE" // sshfs, Docker Desktop's shares, virtiofs
	case 0x4D44:
		return "vfat"
	case 0x2011BAB0:
		return "exfat"
	case 0x5346544E, 0x7366746E:
		return "ntfs"
	case 0xFF534D42, 0xFE534D42, 0x517B:
		return "cifs"
	case 0x786F4256:
		return "vboxsf"
	case 0xBACBACBC:
		return "vmhgfs"
	}
	return ""
}

// advice returns what to do about an owner or mode that is a mount option.
func (m Mount) advice(owner uint32) string {
	var options string
	switch m.Fixed {
	case "9p", "drvfs":
		options = `the options "metadata,umask=022" (in WSL: [automount] in /etc/wsl.conf)`
	case "FUSE":
		options = fmt.Sprintf("-o default_permissions,umask=022,uid=%d, if its program knows them", owner)
	case "cifs":
		options = fmt.Sprintf("-o forceuid,uid=%d,file_mode=0644,dir_mode=0755", owner)
	default:
		options = fmt.Sprintf("-o uid=%d,umask=022", owner)
	}
	return "the modes and owners of " + m.Fixed + " are mount options, which chmod and chown don't change: mount it with " + options +
		", or use another file system"
}

// unmapped reports whether uid stands for all the users that a user namespace doesn't know, and so
// for no user in it. It belongs to the files of the world outside, the root directory among them.
// The map is the text of /proc/self/uid_map, and overflow that of /proc/sys/kernel/overflowuid.
func unmapped(uid uint32, uidMap, overflow string) bool {
	if n, err := strconv.ParseUint(strings.TrimSpace(overflow), 10, 32); err != nil || uint32(n) != uid {
		return false
	}
	ranges := 0
	for line := range strings.Lines(uidMap) {
		fields := strings.Fields(line) // not by fmt.Sscan: that adds 40 kB to a program
		if len(fields) != 3 {
			return false
		}
		inside, err1 := strconv.ParseUint(fields[0], 10, 64)
		length, err2 := strconv.ParseUint(fields[2], 10, 64)
		if err1 != nil || err2 != nil {
			return false
		}
		if inside <= uint64(uid) && uint64(uid) < inside+length {
			return false // it is an account of this namespace as well
		}
		ranges++
	}
	return ranges > 0
}
