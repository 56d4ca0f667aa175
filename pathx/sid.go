package pathx

import "strings"

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

// isServiceSID says whether a SID stands for one service, and for its account if that is
// virtual: NT SERVICE\name. TrustedInstaller is one too; S-1-5-80-0 is all of them.
func isServiceSID(sid string) bool {
	hash, ok := strings.CutPrefix(sid, "S-1-5-80-")
	return ok && strings.Count(hash, "-") == 4
}

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
