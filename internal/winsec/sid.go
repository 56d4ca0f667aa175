package winsec

import "strings"

// SIDs that are the same on every machine (Microsoft, "Well-known SIDs"). Rules and commands use
// only SIDs, because a name can be translated and can belong to a different account on another
// machine.
const (
	Everyone         = "S-1-1-0"
	System           = "S-1-5-18"
	LocalService     = "S-1-5-19"
	NetworkService   = "S-1-5-20"
	Administrators   = "S-1-5-32-544"
	Users            = "S-1-5-32-545"
	TrustedInstaller = "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464"

	creatorOwner           = "S-1-3-0" // stands for the owner in inheritable entries; no account has it
	ownerRights            = "S-1-3-4" // stands for the owner
	service                = "S-1-5-6" // in the token of every service
	containerAdministrator = "S-1-5-93-2-1"
	containerUser          = "S-1-5-93-2-2"
)

// Name returns the English name of a well-known SID, for messages, or "" for any other SID.
func Name(sid string) string {
	for _, known := range [...][2]string{
		{Everyone, "Everyone"}, {"S-1-2-0", "Local"}, {"S-1-5-2", "Network"}, {"S-1-5-4", "Interactive"}, {"S-1-5-7", "Anonymous"},
		{"S-1-5-11", "Authenticated Users"}, {System, "LocalSystem"}, {LocalService, "LocalService"}, {NetworkService, "NetworkService"},
		{Administrators, "Administrators"}, {Users, "Users"}, {"S-1-5-32-546", "Guests"}, {"S-1-5-32-547", "Power Users"},
		{containerAdministrator, "ContainerAdministrator"}, {containerUser, "ContainerUser"},
	} {
		if sid == known[0] {
			return known[1]
		}
	}
	return ""
}

// readable returns a SID preceded by the name of its account, if known.
func readable(sid string) string {
	name := Name(sid)
	if name == "" {
		name = accountName(sid)
	}
	if name == "" {
		return sid
	}
	return name + " (" + sid + ")"
}

// IsService reports whether a SID belongs to one service, or to its virtual account (NT
// SERVICE\name). TrustedInstaller is such a service; S-1-5-80-0, which stands for all services, is
// not.
func IsService(sid string) bool { return isHashed(sid, "S-1-5-80-") }

// isHashed reports whether a SID consists of the prefix and the five parts of a name's SHA-1 hash.
func isHashed(sid, prefix string) bool {
	hash, ok := strings.CutPrefix(sid, prefix)
	return ok && strings.Count(hash, "-") == 4
}

// ServiceAccount returns the name of an account under which only services and containers run, or
// its SID if the account is named after one service. Such accounts are LocalSystem, LocalService,
// NetworkService, virtual accounts (S-1-5-80-…), IIS application pools (S-1-5-82-…) and the
// accounts of Windows containers (S-1-5-93-…). For all others it returns "", including group
// managed service accounts: their SIDs look like those of users, but their processes have the SID
// of services in the token.
func ServiceAccount(sid string) string {
	switch sid {
	case System, LocalService, NetworkService, containerAdministrator, containerUser:
		return Name(sid)
	}
	if IsService(sid) || isHashed(sid, "S-1-5-82-") || strings.HasPrefix(sid, "S-1-5-93-") {
		return sid
	}
	return ""
}
