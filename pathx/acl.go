package pathx

import (
	"fmt"
	"slices"
	"strings"
)

// The rules of Windows' access control, compiled and tested on every system. What they
// work on is read from a security descriptor in descriptor.go.

// accessMask are rights to a file or directory; see winnt.h.
type accessMask uint32

const (
	fileReadData        accessMask = 1 << 0 // directory: list
	fileWriteData       accessMask = 1 << 1 // directory: add a file
	fileAppendData      accessMask = 1 << 2 // directory: add a directory
	fileWriteEA         accessMask = 1 << 4
	fileDeleteChild     accessMask = 1 << 6
	fileWriteAttributes accessMask = 1 << 8
	rightDelete         accessMask = 1 << 16
	rightWriteDAC       accessMask = 1 << 18
	rightWriteOwner     accessMask = 1 << 19
	genericAll          accessMask = 1 << 28
	genericWrite        accessMask = 1 << 30
	genericRead         accessMask = 1 << 31

	takeOver = rightWriteDAC | rightWriteOwner | genericAll

	// changeFile are the rights that change a file or put another into its place.
	changeFile = fileWriteData | fileAppendData | fileWriteEA | fileWriteAttributes | rightDelete | takeOver | genericWrite

	// changeDir are those that exchange what is in a directory. Adding to it is
	// none of them: Users may add to ProgramData, and to C:\.
	changeDir = fileDeleteChild | rightDelete | takeOver

	// readDir are those that show what is in a directory, or can be turned into it.
	readDir = changeDir | fileReadData | genericRead

	// fillDir are those that put something into a directory.
	fillDir = changeDir | fileWriteData | fileAppendData | genericWrite
)

// An account is what a token says about the process.
type account struct {
	sid      string   // the user's
	elevated bool     // it has the rights of the Administrators
	services []string // the SIDs of the services that run in the process
}

// trusts says whether what sid may do is no news: it has at least this account's
// rights already.
func (a account) trusts(sid string) bool {
	switch sid {
	case a.sid, sidSystem, sidAdministrators, sidTrustedInstaller, sidCreatorOwner, sidOwnerRights:
		return true
	}
	return slices.Contains(a.services, sid)
}

// check is the rule of Windows for one file or directory: which of the rights has
// anybody whom the account does not trust? The name function makes a SID readable.
func (a account) check(path string, d descriptor, rights accessMask, isDir bool, name func(sid string) string) error {
	if d.noDACL {
		return &UntrustedError{Path: path, Who: []string{name(sidEveryone)}, Fix: icacls(path, "/reset")}
	}
	if !a.trusts(d.owner) { // an owner can give himself every right
		return &UntrustedError{Path: path, Who: []string{name(d.owner)}, owner: true, Fix: icacls(path, "/setowner *"+sidAdministrators)}
	}
	denied := map[string]accessMask{}
	inherited := false
	var sids, who []string
	for _, e := range d.dacl {
		switch {
		case e.deny:
			denied[e.sid] |= e.mask // an earlier denial wins over a later grant
		case a.trusts(e.sid) || slices.Contains(sids, e.sid):
		case e.mask&rights&^denied[e.sid]&^denied[sidEveryone] != 0:
			sids, who = append(sids, e.sid), append(who, name(e.sid))
			inherited = inherited || e.inherited
		}
	}
	if sids == nil {
		return nil
	}
	return &UntrustedError{Path: path, Who: who, Fix: icacls(path, a.revoke(sids, inherited, isDir))}
}

// revoke are icacls arguments that take the SIDs' rights away. Rights that come from
// the directory above can't be taken one by one: then only the trusted keep theirs.
func (a account) revoke(sids []string, inherited, isDir bool) string {
	args := ""
	if inherited {
		below, read := "", "R"
		if isDir {
			below, read = "(OI)(CI)", "RX"
		}
		args = fmt.Sprintf(`/inheritance:r /grant:r "*%s:%sF" "*%s:%[2]sF" `, sidSystem, below, sidAdministrators)
		if a.sid != sidSystem {
			args += fmt.Sprintf(`"*%s:%s%s" `, a.sid, below, read)
		}
	}
	return args + "/remove:g *" + strings.Join(sids, " *")
}

// dirSDDL is the DACL of a new directory, and of what will be in it. An elevated
// process gives nothing to its account, whose other processes have fewer rights:
// a service would have to refuse what its installer has made.
func (a account) dirSDDL(private bool) string {
	sddl := "D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)"
	if a.sid != sidSystem && !a.elevated {
		sddl += "(A;OICI;FA;;;" + a.sid + ")"
	}
	if !private {
		sddl += "(A;OICI;0x1200a9;;;BU)" // read and execute
	}
	return sddl
}

func icacls(path, args string) string { return `icacls "` + path + `" ` + args }
