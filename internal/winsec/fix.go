package winsec

import (
	"slices"
	"strings"
)

// A fix takes a threat away. Its command is safe to run on the object that it names: what an
// account could only read before it can still read afterwards. A volume's root has advice
// instead, as what is granted there is granted to a whole drive.
type fix struct{ command, advice string }

func icacls(path, args string, use Use) fix {
	if use == ForLinking {
		args += " /L" // the link itself, not what it leads to
	}
	return fix{command: `icacls "` + shortPath(path) + `" ` + args}
}

// moveAway is the fix where the drive as a whole is open to others.
func moveAway(path string) fix {
	return fix{advice: "move it to a drive whose root only administrators can change, such as that of Windows: everything on " +
		shortPath(path) + " can be exchanged"}
}

func fixNoDACL(path, owner string, root bool) fix {
	if root || owner == Everyone { // what Windows makes up where the file system has no owners
		return fix{advice: "move it to a drive that has access lists (NTFS, ReFS); FAT and exFAT have none"}
	}
	return icacls(path, "/reset", ForReading)
}

func fixOwner(path string, use Use, root bool) fix {
	if root {
		return moveAway(path)
	}
	return icacls(path, "/setowner *"+Administrators, use)
}

// fixRights takes the SIDs' rights away. Rights that are inherited can't be taken one by one:
// the whole inherited list goes, and what is harmless in it is granted again. ("/inheritance:d",
// which turns the inherited entries into own ones, is no help: a "/remove" in the same command
// doesn't find them yet.)
func (a Account) fixRights(path string, d Descriptor, use Use, sids []string, root bool) fix {
	if root {
		return moveAway(path)
	}
	inherited := map[string]Mask{}
	order := []string{System, Administrators}
	if a.SID != "" {
		order = append(order, a.SID)
	}
	threat := false
	for _, e := range d.DACL {
		if e.Inherited && !e.Deny {
			inherited[e.SID] |= e.Mask
			order = append(order, e.SID)
			threat = threat || slices.Contains(sids, e.SID)
		}
	}
	if !threat {
		return icacls(path, "/remove:g *"+strings.Join(sids, " *"), use)
	}
	below := "(OI)(CI)"
	if use == ForReading || use == ForLinking {
		below = ""
	}
	args := "/inheritance:r /grant:r "
	granted := map[string]bool{"": true}
	for _, sid := range order {
		right := a.keeps(sid, inherited[sid], use)
		if right != "" && !granted[sid] {
			granted[sid] = true
			args += `"*` + sid + ":" + below + right + `" `
		}
	}
	sids = slices.DeleteFunc(slices.Clone(sids), func(sid string) bool { return granted[sid] })
	if len(sids) > 0 {
		args += "/remove:g *" + strings.Join(sids, " *")
	}
	return icacls(path, strings.TrimRight(args, " "), use)
}

// keeps returns the right, in the words of icacls, that an account gets in place of those that
// it has inherited.
func (a Account) keeps(sid string, inherited Mask, use Use) string {
	inside := use == ForContents || use == ForSecrets
	switch {
	case sid == System, sid == Administrators, sid == TrustedInstaller:
		return "F"
	case a.Trusts(sid) && inside:
		return "M"
	case a.Trusts(sid) && use != ForReading, a.Trusts(sid) && inherited&(execute|genericExecute|genericAll) != 0:
		return "RX"
	case a.Trusts(sid):
		return "R"
	case use == ForSecrets || inherited&(readData|genericRead|genericAll) == 0:
		return ""
	case inherited&(execute|genericExecute|genericAll) != 0:
		return "RX"
	}
	return "R"
}
