package winsvc

import "strings"

// accountKind determines what an account needs to run a service.
type accountKind uint8

const (
	builtinAccount accountKind = iota // needs neither a password nor a right
	managedAccount                    // a group managed service account: needs the right to log on as a service
	userAccount                       // needs the right and a password
)

// accountOf returns the account in the form that the SCM requires, and its kind.
func accountOf(account string) (name string, who accountKind) {
	bare := account
	if i := strings.LastIndexByte(account, '\\'); i >= 0 {
		switch strings.ToLower(account[:i]) {
		case ".", "nt authority":
			bare = account[i+1:]
		}
	}
	switch strings.ToLower(strings.ReplaceAll(bare, " ", "")) {
	case "", "localsystem", "system", "s-1-5-18":
		return "LocalSystem", builtinAccount
	case "localservice", "s-1-5-19":
		return `NT AUTHORITY\LocalService`, builtinAccount
	case "networkservice", "s-1-5-20":
		return `NT AUTHORITY\NetworkService`, builtinAccount
	}
	switch {
	case strings.HasPrefix(strings.ToLower(account), `nt service\`): // NT SERVICE\ALL SERVICES has the right to log on as a service
		return account, builtinAccount
	case strings.HasSuffix(account, "$"):
		return account, managedAccount
	case strings.ContainsAny(account, `\@`):
		return account, userAccount
	}
	return `.\` + account, userAccount
}

// sameAccount reports whether two spellings name the same account. A user of this machine can be
// written with the machine's name or with a dot.
func sameAccount(a, b, machine string) bool {
	return strings.EqualFold(ofMachine(a, machine), ofMachine(b, machine))
}

func ofMachine(account, machine string) string {
	account, _ = accountOf(account)
	if n := len(machine); n > 0 && len(account) > n && account[n] == '\\' && strings.EqualFold(account[:n], machine) {
		return "." + account[n:]
	}
	return account
}
