package winsec

import (
	"strings"
	"sync"
	"unsafe"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/registry"
)

// A Process is what the token of this process says. It can't change.
type Process struct {
	Account

	// Privileged reports whether the process can do what other accounts can't: it is elevated,
	// a service or one of the service accounts.
	Privileged bool

	// Administrator reports whether every process of the account has the rights of the
	// Administrators or can take them unasked: where User Account Control is off or elevates
	// without prompting, and for the built-in Administrator.
	Administrator bool
}

// Current returns what this process is. With an error it is privileged: a process that can't know
// must check.
func Current() (Process, error) {
	self.once.Do(func() { self.process, self.err = readProcess() })
	return self.process, self.err
}

var self struct {
	once    sync.Once
	process Process
	err     error
}

// Machine returns on whose behalf the programs and directories of the whole machine are judged:
// SYSTEM. The account of this process counts as trusted if all its processes are administrators'.
func Machine() (Account, error) {
	p, err := Current()
	a := Account{SID: System}
	if p.Administrator {
		a.Also = []string{p.SID}
	}
	return a, err
}

func readProcess() (Process, error) {
	token := windows.GetCurrentProcessToken()
	user, err := token.GetTokenUser()
	if err != nil {
		return Process{Privileged: true}, err
	}
	groups, err := token.GetTokenGroups()
	if err != nil {
		return Process{Privileged: true}, err
	}
	elevated := token.IsElevated()
	p := Process{Account: Account{SID: user.User.Sid.String(), Elevated: elevated}, Privileged: elevated}
	p.Privileged = p.Privileged || ServiceAccount(p.SID) != ""
	for _, g := range groups.AllGroups() {
		if g.Attributes&windows.SE_GROUP_ENABLED == 0 {
			continue
		}
		switch sid := g.Sid.String(); {
		case sid == service:
			p.Privileged = true
		case sid == Administrators:
			p.Administrator = !isHalf(token) || elevatesSilently()
		case IsService(sid):
			p.Also = append(p.Also, sid)
		}
	}
	return p, nil
}

// isHalf reports whether the token is the elevated one of the two that User Account Control gives
// an administrator at logon (TOKEN_ELEVATION_TYPE).
func isHalf(token windows.Token) bool {
	const tokenElevationTypeFull = 2
	var kind, size uint32
	err := windows.GetTokenInformation(token, windows.TokenElevationType, (*byte)(unsafe.Pointer(&kind)), uint32(unsafe.Sizeof(kind)), &size)
	return err != nil || kind == tokenElevationTypeFull
}

// elevatesSilently reports whether administrators' processes are elevated without anyone being asked
// (Microsoft, "User Account Control settings and configuration").
func elevatesSilently() bool {
	k, err := registry.OpenKey(registry.LOCAL_MACHINE, `SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\System`, registry.QUERY_VALUE)
	if err != nil {
		return false
	}
	defer k.Close()
	behavior, _, err := k.GetIntegerValue("ConsentPromptBehaviorAdmin")
	return err == nil && behavior == 0
}

// accountName returns the name that a SID has on this machine, or "".
func accountName(sid string) string {
	s, err := windows.StringToSid(sid)
	if err != nil {
		return ""
	}
	name, domain, _, err := s.LookupAccount("")
	if err != nil {
		return ""
	}
	return domain + `\` + name
}

// AccountSID returns the SID of an account by its name, as a service's manager takes it; a bare
// name or .\name is an account of this machine.
func AccountSID(name string) (string, error) {
	if sid := KnownAccount(name); sid != "" {
		return sid, nil
	}
	sid, _, _, err := windows.LookupSID("", strings.TrimPrefix(name, `.\`))
	if err != nil {
		return "", err
	}
	return sid.String(), nil
}
