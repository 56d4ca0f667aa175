// Package winsec determines who can change a file on Windows. The same rule applies to files that a
// process reads (pathx), programs that run as a service and their logs (svcx), and files that an
// administrator's tools load (eventx).
//
// The rules need only security descriptors and paths, so they are compiled and tested on every
// system; the _windows.go files make the system calls. An object is safe for an account if SYSTEM,
// the Administrators, TrustedInstaller or the account itself owns it, and if its access list gives
// no other account a right that its [Use] lists. The parent directories and all links on the path
// are also checked.
package winsec

import (
	"slices"

	"github.com/surefoot-go/surefoot/internal/trust"
)

// A Mask is a set of access rights to a file or directory; see winnt.h.
type Mask uint32

const (
	readData        Mask = 1 << 0 // directory: list
	writeData       Mask = 1 << 1 // directory: add a file
	appendData      Mask = 1 << 2 // directory: add a directory
	writeEA         Mask = 1 << 4
	execute         Mask = 1 << 5 // directory: pass through
	deleteChild     Mask = 1 << 6
	writeAttributes Mask = 1 << 8
	deleteIt        Mask = 1 << 16
	writeDAC        Mask = 1 << 18
	writeOwner      Mask = 1 << 19
	genericAll      Mask = 1 << 28
	genericExecute  Mask = 1 << 29
	genericWrite    Mask = 1 << 30
	genericRead     Mask = 1 << 31

	takeOver = writeDAC | writeOwner | genericAll
)

// A Use is the purpose for which an object is checked. It determines which rights of other accounts
// matter.
type Use uint8

const (
	ForReading  Use = iota // a file that is read or run: no other account may change or replace it
	ForPassing             // a directory on the path: no other account may replace its contents
	ForLinking             // like ForPassing, for a link on the path: no other account may redirect it either
	ForContents            // a directory whose files are used: no other account may add files either
	ForSecrets             // a directory that no other account may read either
)

// threats returns the rights that no other account may have.
func (u Use) threats(root bool) (m Mask) {
	const exchange = deleteChild | deleteIt | takeOver
	switch u {
	case ForReading:
		m = writeData | appendData | writeEA | writeAttributes | deleteIt | takeOver | genericWrite
	case ForPassing: // adding is not a threat: Users may add to ProgramData, and to C:\
		m = exchange
	case ForLinking: // writing attributes or data can set another reparse point
		m = exchange | writeData | appendData | writeEA | writeAttributes | genericWrite
	case ForContents:
		m = exchange | writeData | appendData | genericWrite
	case ForSecrets:
		m = exchange | readData | genericRead
	}
	if root {
		m &^= deleteIt // a volume's root can be neither deleted nor renamed
	}
	return m
}

// An Account is the account for which an object is checked: the account that will read, run or fill
// it.
type Account struct {
	SID      string
	Elevated bool     // this process has the rights of the Administrators, which the account's other processes lack
	Also     []string // accounts that have its rights anyway, such as the services of its process
}

// Trusts reports whether sid already has at least the rights of a.
//
//go:noinline
func (a *Account) Trusts(sid string) bool {
	switch sid {
	case a.SID, System, Administrators, TrustedInstaller, containerAdministrator, creatorOwner, ownerRights:
		return true
	}
	return slices.Contains(a.Also, sid)
}

// Check returns a [*trust.Finding] if an account that a does not trust could use the object at
// path, which has the descriptor d, against a. It reports one kind of fault at a time: no access
// list, then the owner, then the rights.
func (a *Account) Check(path string, d *Descriptor, use Use) error {
	root, sids, fix := isRoot(path), []string{Everyone}, ""
	foreign := !d.NoDACL && !a.Trusts(d.Owner)
	switch {
	case d.NoDACL:
		fix = icacls(path, "/reset", ForReading)
	case foreign: // owners can always grant themselves access
		sids[0] = d.Owner
		fix = icacls(path, "/setowner *"+Administrators, use)
	default:
		if sids = a.threatened(d, use.threats(root)); sids == nil {
			return nil
		}
		fix = a.fixRights(path, d, use, sids)
	}
	advice := advice(path, d, use, root, sids)
	if advice != "" {
		fix = ""
	}
	who := make([]string, len(sids))
	for i, sid := range sids {
		who[i] = readable(sid)
	}
	return &trust.Finding{Path: shortPath(path), Who: who, Owner: foreign, Fix: fix, Advice: advice}
}

// threatened returns the accounts that a does not trust and that have one of the rights.
func (a *Account) threatened(d *Descriptor, rights Mask) (sids []string) {
	for i, e := range d.DACL {
		granted := e.Mask & rights
		for _, before := range d.DACL[:i] { // an earlier denial wins over a later grant
			if before.Deny && (before.SID == e.SID || before.SID == Everyone) {
				granted &^= before.Mask
			}
		}
		if granted != 0 && !e.Deny && !a.Trusts(e.SID) && !slices.Contains(sids, e.SID) {
			sids = append(sids, e.SID)
		}
	}
	return sids
}
