package winsec

import (
	"crypto/sha1"
	"encoding/binary"
	"fmt"
	"strings"
	"unicode/utf16"
)

// KnownAccount returns the SID of an account whose name has the same meaning on every machine and
// in every language, or "" for any other account. Such names are LocalSystem, LocalService and
// NetworkService, with or without NT AUTHORITY; virtual accounts (NT SERVICE\name), whose service
// need not exist yet; and SIDs.
func KnownAccount(name string) string {
	domain, rest, ok := strings.Cut(name, `\`)
	switch {
	case strings.HasPrefix(strings.ToUpper(name), "S-1-"):
		return strings.ToUpper(name)
	case ok && strings.EqualFold(domain, "NT SERVICE") && rest != "":
		return serviceSID(rest)
	case ok && (strings.EqualFold(domain, "NT AUTHORITY") || domain == "."):
		name = rest
	case ok:
		return ""
	}
	switch strings.ToLower(strings.ReplaceAll(name, " ", "")) {
	case "localsystem", "system":
		return System
	case "localservice":
		return LocalService
	case "networkservice":
		return NetworkService
	}
	return ""
}

// serviceSID returns the SID of a service: the SHA-1 of its name in upper case, as UTF-16. Source:
// Microsoft, "[MS-DTYP]", 2.4.2.4 (NT SERVICE); "sc showsid" prints the same SID.
func serviceSID(name string) string {
	var b []byte
	for _, u := range utf16.Encode([]rune(strings.ToUpper(name))) {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	hash := sha1.Sum(b)
	sid := "S-1-5-80"
	for part := hash[:]; len(part) > 0; part = part[4:] {
		sid += fmt.Sprintf("-%d", binary.LittleEndian.Uint32(part))
	}
	return sid
}
