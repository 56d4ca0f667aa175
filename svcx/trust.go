package svcx

import (
	"fmt"
	"strings"
)

// untrusted is the error of a program that others could replace and that would
// run with all rights. mend is the command that takes their right away.
func untrusted(path, who, mend string) error {
	return fmt.Errorf("svcx: %s can be changed by %s, and would run with all rights: set Service.Account, move it to where only administrators write, or run %s", path, who, mend)
}

// broadGroup names a group of Windows that almost anyone is in ("Well-known
// SIDs"); "" is no such group.
func broadGroup(sid string) string {
	switch sid {
	case "S-1-1-0":
		return "Everyone"
	case "S-1-5-4":
		return "INTERACTIVE"
	case "S-1-5-7":
		return "ANONYMOUS LOGON"
	case "S-1-5-11":
		return "Authenticated Users"
	case "S-1-5-32-545":
		return "Users"
	case "S-1-5-32-546":
		return "Guests"
	}
	return ""
}

// entry is an access-allowed entry of an access control list.
type entry struct {
	sid         string
	mask        uint32
	inheritOnly bool // it is not for the directory itself
}

// writeRights are the rights to replace a file or what is in a directory:
// FILE_WRITE_DATA (of a directory: FILE_ADD_FILE), FILE_DELETE_CHILD, DELETE,
// WRITE_DAC, WRITE_OWNER, GENERIC_WRITE, GENERIC_ALL.
const writeRights = 0x2 | 0x40 | 0x10000 | 0x40000 | 0x80000 | 0x40000000 | 0x10000000

// broadWriter returns who of almost anyone may write, "" if nobody.
func broadWriter(list []entry) string {
	for _, e := range list {
		if e.inheritOnly || e.mask&writeRights == 0 {
			continue
		}
		if name := broadGroup(e.sid); name != "" {
			return name
		}
		if strings.HasPrefix(e.sid, "S-1-5-21-") && strings.HasSuffix(e.sid, "-513") {
			return "Domain Users"
		}
	}
	return ""
}
