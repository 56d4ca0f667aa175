package winsec

import (
	"strings"
	"sync"
	"syscall"
	"unsafe"

	"github.com/surefoot-go/surefoot/internal/wincall"
)

// A Process holds information from this process's token that can't change.
type Process struct {
	Account

	// Privileged reports whether the process can do what other accounts can't: it is elevated, a
	// service or one of the service accounts.
	Privileged bool

	// Administrator reports whether every process of the account has the rights of the
	// Administrators or can acquire them without a prompt: if User Account Control is off or
	// elevates without prompting, and for the built-in Administrator.
	Administrator bool
}

// Current returns information about this process. If it fails, the process counts as privileged, so
// that it makes all checks.
func Current() (*Process, error) {
	self.once.Do(func() { self.err = self.process.read() })
	return &self.process, self.err
}

var self struct {
	once    sync.Once
	process Process
	err     error
}

// Machine returns the account for which machine-wide programs and directories are checked: SYSTEM.
// The account of this process counts as trusted if all its processes have administrator rights.
func Machine() (*Account, error) {
	p, err := Current()
	a := &Account{SID: System}
	if p.Administrator {
		a.Also = []string{p.SID}
	}
	return a, err
}

// read sets the fields of p.
func (p *Process) read() error {
	p.Privileged = true // until determined otherwise

	const tokenGroups, tokenElevation, enabled = 2, 20, 0x4 // SE_GROUP_ENABLED
	sid, err := wincall.UserSID()
	if err != nil {
		return err
	}
	info, err := wincall.TokenInfo(tokenGroups)
	if err != nil {
		return err
	}
	elevated := tokenNumber(tokenElevation, 0) != 0
	p.SID, p.Elevated, p.Privileged = sid, elevated, elevated || ServiceAccount(sid) != ""
	groups := (*struct { // TOKEN_GROUPS
		count uint32
		first syscall.SIDAndAttributes
	})(info)
	for _, g := range unsafe.Slice(&groups.first, groups.count) {
		if g.Attributes&enabled == 0 {
			continue
		}
		switch sid, _ := wincall.SIDText(g.Sid); {
		case sid == service:
			p.Privileged = true
		case sid == Administrators:
			p.Administrator = !isHalf() || elevatesSilently()
		case IsService(sid):
			p.Also = append(p.Also, sid)
		}
	}
	return nil
}

// tokenNumber returns a number from this process's token, or unknown.
func tokenNumber(class, unknown uint32) uint32 {
	info, err := wincall.TokenInfo(class)
	if err != nil {
		return unknown
	}
	return *(*uint32)(info)
}

// isHalf reports whether the token is the elevated one of the two tokens that User Account Control
// creates for an administrator at logon (TOKEN_ELEVATION_TYPE).
func isHalf() bool {
	const tokenElevationType, full = 18, 2
	return tokenNumber(tokenElevationType, full) == full
}

// elevatesSilently reports whether administrators' processes are elevated without a prompt
// (Microsoft, "User Account Control settings and configuration").
func elevatesSilently() bool {
	behavior, err := wincall.Value{Key: `SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\System`, Name: "ConsentPromptBehaviorAdmin"}.Number()
	return err == nil && behavior == 0
}

// accountName returns the account name of a SID on this machine, or "".
func accountName(sid string) string {
	name, err := wincall.AccountName(sid)
	if err != nil {
		return ""
	}
	return name
}

// AccountSID returns the SID of an account by its name in the form that the SCM accepts. A bare
// name or .\name is a local account.
func AccountSID(name string) (string, error) {
	if sid := KnownAccount(name); sid != "" {
		return sid, nil
	}
	sid, err := wincall.LookupSID(strings.TrimPrefix(name, `.\`))
	if err != nil {
		return "", err
	}
	return wincall.SIDText(sid)
}
