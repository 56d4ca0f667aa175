package pathx

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
	"slices"
	"strconv"
	"strings"
)

// The rules of Windows' access control, on the bytes of a security descriptor, so
// that they are tested on every system. Source: Microsoft, [MS-DTYP] 2.4.

// SIDs that everybody knows. Names are for messages only: a name can be translated,
// and be somebody else's on another machine.
const (
	sidSystem           = "S-1-5-18"
	sidLocalService     = "S-1-5-19"
	sidNetworkService   = "S-1-5-20"
	sidAdministrators   = "S-1-5-32-544"
	sidTrustedInstaller = "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464"
	sidEveryone         = "S-1-1-0"
	sidCreatorOwner     = "S-1-3-0" // stands for the owner in what children inherit; no account has it
	sidOwnerRights      = "S-1-3-4" // stands for the owner
	sidService          = "S-1-5-6" // every service has it in its token
)

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

// A descriptor is the part of a security descriptor that decides who may write.
type descriptor struct {
	owner  string
	noDACL bool // everybody may do everything
	dacl   []ace
}

type ace struct {
	deny, inherited bool
	mask            accessMask
	sid             string
}

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

var errDescriptor = errors.New("pathx: the system returned a security descriptor that can't be read")

// parseDescriptor reads a self-relative SECURITY_DESCRIPTOR ([MS-DTYP] 2.4.6).
func parseDescriptor(b []byte) (descriptor, error) {
	const daclPresent, headerSize = 0x0004, 20
	if len(b) < headerSize || b[0] != 1 {
		return descriptor{}, errDescriptor
	}
	control := binary.LittleEndian.Uint16(b[2:])
	owner := binary.LittleEndian.Uint32(b[4:])
	dacl := binary.LittleEndian.Uint32(b[16:])

	var d descriptor
	var ok bool
	if owner < headerSize || uint64(owner) > uint64(len(b)) {
		return descriptor{}, errDescriptor
	}
	if d.owner, ok = parseSID(b[owner:]); !ok {
		return descriptor{}, errDescriptor
	}
	if control&daclPresent == 0 || dacl == 0 {
		d.noDACL = true
		return d, nil
	}
	if dacl < headerSize || uint64(dacl) > uint64(len(b)) {
		return descriptor{}, errDescriptor
	}
	if d.dacl, ok = parseACL(b[dacl:]); !ok {
		return descriptor{}, errDescriptor
	}
	return d, nil
}

// parseACL reads an ACL ([MS-DTYP] 2.4.5) without the entries that are only there to
// be inherited.
func parseACL(b []byte) ([]ace, bool) {
	const headerSize, inheritOnly, inherited = 8, 0x08, 0x10
	if len(b) < headerSize {
		return nil, false
	}
	size, count := int(binary.LittleEndian.Uint16(b[2:])), int(binary.LittleEndian.Uint16(b[4:]))
	if size < headerSize || size > len(b) {
		return nil, false
	}
	var aces []ace
	for b = b[headerSize:size]; count > 0; count-- {
		if len(b) < 4 {
			return nil, false
		}
		size := int(binary.LittleEndian.Uint16(b[2:]))
		if size < 4 || size > len(b) {
			return nil, false
		}
		if flags := b[1]; flags&inheritOnly == 0 {
			e, ok := parseACE(b[0], b[4:size])
			if !ok {
				return nil, false
			}
			if e.inherited = flags&inherited != 0; e.sid != "" {
				aces = append(aces, e)
			}
		}
		b = b[size:]
	}
	return aces, true
}

// parseACE reads what follows an ACE's header ([MS-DTYP] 2.4.4). A conditional grant
// counts as a grant; a conditional denial counts for nothing, and has no SID then.
func parseACE(kind byte, b []byte) (ace, bool) {
	const allow, deny, allowObject, denyObject, allowIf, denyIf, allowObjectIf, denyObjectIf = 0, 1, 5, 6, 9, 10, 11, 12
	if len(b) < 4 {
		return ace{}, false
	}
	e := ace{mask: accessMask(binary.LittleEndian.Uint32(b)), deny: kind == deny}
	b = b[4:]
	switch kind {
	case allow, deny, allowIf:
	case denyObject, denyIf, denyObjectIf:
		return ace{}, true
	case allowObject, allowObjectIf:
		if len(b) < 4 {
			return ace{}, false
		}
		skip := 4 + 16*bits.OnesCount32(binary.LittleEndian.Uint32(b)&3)
		if len(b) < skip {
			return ace{}, false
		}
		b = b[skip:]
	default:
		return ace{}, false
	}
	var ok bool
	e.sid, ok = parseSID(b)
	return e, ok
}

// parseSID returns the text of the SID at the beginning of b ([MS-DTYP] 2.4.2).
func parseSID(b []byte) (string, bool) {
	if len(b) < 8 || b[0] != 1 {
		return "", false
	}
	count := int(b[1])
	if count > 15 || len(b) < 8+4*count {
		return "", false
	}
	authority := binary.BigEndian.Uint64(b[:8]) & (1<<48 - 1)
	s := "S-1-"
	if authority < 1<<32 {
		s += strconv.FormatUint(authority, 10)
	} else {
		s += fmt.Sprintf("0x%012X", authority)
	}
	for i := range count {
		s += "-" + strconv.FormatUint(uint64(binary.LittleEndian.Uint32(b[8+4*i:])), 10)
	}
	return s, true
}

// wellKnown names SIDs in messages, in the words of Microsoft's "Well-known SIDs".
func wellKnown(sid string) string {
	switch sid {
	case sidEveryone:
		return "Everyone"
	case "S-1-2-0":
		return "Local"
	case "S-1-5-2":
		return "Network"
	case "S-1-5-4":
		return "Interactive"
	case "S-1-5-7":
		return "Anonymous"
	case "S-1-5-11":
		return "Authenticated Users"
	case sidLocalService:
		return "LocalService"
	case sidNetworkService:
		return "NetworkService"
	case "S-1-5-32-545":
		return "Users"
	case "S-1-5-32-546":
		return "Guests"
	case "S-1-5-32-547":
		return "Power Users"
	}
	return ""
}

// isServiceSID says whether a SID stands for one service, its account included:
// NT SERVICE\name. TrustedInstaller is one too.
func isServiceSID(sid string) bool { return strings.HasPrefix(sid, "S-1-5-80-") }

// serviceAccount names the account if only services can run under it.
func serviceAccount(sid string) string {
	switch sid {
	case sidSystem:
		return "LocalSystem"
	case sidLocalService:
		return "LocalService"
	case sidNetworkService:
		return "NetworkService"
	}
	if isServiceSID(sid) {
		return sid
	}
	return ""
}
