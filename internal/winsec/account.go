package winsec

import (
	"crypto/sha1"
	"encoding/binary"
	"fmt"
	"strings"
	"unicode/utf16"
)

// KnownAccount returns the SID of an account whose name stands for the same account on every
// machine and in every language, and "" for any other: LocalSystem, LocalService, NetworkService,
// each with or without NT AUTHORITY; a virtual account (NT SERVICE\name), whose service need not
// exist yet; and a SID itself.
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

// serviceSID returns the SID of a service: the SHA-1 of its name in capitals, as UTF-16. Source:
// Microsoft, "[MS-DTYP]", 2.4.2.4 (NT SERVICE); sc showsid shows the same.
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
