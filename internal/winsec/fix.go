package winsec

import (
	"slices"
	"strings"
)

// icacls returns a command that removes a threat. It is safe to run on the object that it names:
// accounts keep their read access. Inlined, it would add 500 bytes to the binary.
//
//go:noinline
func icacls(path, args string, use Use) string {
	if use == ForLinking {
		args += " /L" // the link itself, not its target
	}
	return `icacls "` + shortPath(path) + `" ` + args
}

// advice returns the advice for an object whose access list must not be changed, or "" if it may be
// changed. Rights granted on a volume's root apply to the whole drive.
func advice(path string, d *Descriptor, use Use, root bool, sids []string) string {
	switch {
	case d.NoDACL && (root || d.Owner == Everyone): // reported by Windows if the file system has no owners
		return "move it to a drive that has access lists (NTFS, ReFS); FAT and exFAT have none"
	case d.NoDACL:
		return ""
	case root:
		return "move it to a drive whose root only administrators can change, such as that of Windows: everything on " +
			shortPath(path) + " can be exchanged"
	case use == ForPassing && isProfile(path) && slices.ContainsFunc(sids, isUser):
		return "move what is needed out of this user's profile"
	}
	return ""
}

// isUser reports whether sid belongs to a local or domain account.
func isUser(sid string) bool { return strings.HasPrefix(sid, "S-1-5-21-") }

// fixRights removes the SIDs' rights. Inherited rights can't be removed one by one: the command
// removes the whole inherited list and grants the harmless rights again. ("/inheritance:d", which
// converts inherited entries to explicit ones, does not help: a "/remove" in the same command
// doesn't find them yet.)
func (a *Account) fixRights(path string, d *Descriptor, use Use, sids []string) string {
	inherited := Mask(0)
	for _, sid := range sids {
		inherited |= d.granted(sid, true)
	}
	if inherited == 0 {
		return icacls(path, "/remove:g *"+strings.Join(sids, " *"), use)
	}
	below := "(OI)(CI)"
	if use == ForReading || use == ForLinking {
		below = ""
	}
	order := []string{System, Administrators, a.SID}
	for _, e := range d.DACL {
		if e.Inherited && !e.Deny {
			order = append(order, e.SID)
		}
	}
	args, removed := "/inheritance:r /grant:r", ""
	granted := func(sid string) bool { return strings.Contains(args, ` "*`+sid+":") }
	for _, sid := range order {
		if right := a.keeps(d, sid, use); right != "" && !granted(sid) {
			args += ` "*` + sid + ":" + below + right + `"`
		}
	}
	for _, sid := range sids {
		if !granted(sid) {
			removed += " *" + sid
		}
	}
	if removed != "" {
		args += " /remove:g" + removed
	}
	return icacls(path, args, use)
}

// granted returns the rights that the list grants to a SID by inherited or explicit entries.
//
//go:noinline
func (d *Descriptor) granted(sid string, inherited bool) (m Mask) {
	for _, e := range d.DACL {
		if e.SID == sid && e.Inherited == inherited && !e.Deny {
			m |= e.Mask
		}
	}
	return m
}

// keeps returns the icacls right that replaces all rights of an account. It is "" for an account
// that keeps its explicit rights, or that keeps nothing.
func (a *Account) keeps(d *Descriptor, sid string, use Use) string {
	switch sid {
	case "":
		return ""
	case System, Administrators, TrustedInstaller:
		return "F"
	}
	own, inherited := d.granted(sid, false), d.granted(sid, true)
	switch {
	case a.Trusts(sid) && (inherited != 0 || own == 0):
		return simpleRight(own | inherited | use.needs())
	case a.Trusts(sid), use == ForSecrets, inherited&(readData|genericRead|genericAll) == 0:
		return ""
	case (own|inherited)&(execute|genericExecute|genericAll) != 0:
		return "RX"
	}
	return "R"
}

// needs returns the rights that an account needs for the use.
func (u Use) needs() Mask {
	switch u {
	case ForReading:
		return readData
	case ForContents, ForSecrets:
		return readData | execute | writeData
	}
	return readData | execute
}

// simpleRight returns the simple right of icacls that covers m.
func simpleRight(m Mask) string {
	const full = 0x1f01ff // FILE_ALL_ACCESS
	switch {
	case m&full == full, m&genericAll != 0:
		return "F"
	case m&(writeData|genericWrite) != 0:
		return "M"
	case m&(execute|genericExecute) != 0:
		return "RX"
	}
	return "R"
}
