package pathx

import (
	"fmt"
	"io/fs"
	"strings"

	"github.com/surefoot-go/surefoot/internal/shquote"
)

// Trust says whose files are taken. A configuration tells a process what to load and
// run: if a process has more rights than the account that can write its
// configuration, that account has those rights too (CVE-2019-12572 and many more).
//
// A file is trusted if its owner is, and if no one else may write it. On Unix the
// trusted are root and the account itself (the effective one); the file's mode has
// no write bit for group and others, and neither has any directory on its way, the
// links in it followed, except those with the sticky bit. On Windows they are
// SYSTEM, the Administrators, TrustedInstaller, the account itself and the SIDs of
// its services, judged by SID and never by name; the file's DACL lets no one else
// write, delete or take it over, and that of no directory above lets anyone else
// rename or delete what is in it. A file without a DACL, which anyone may write, is
// not trusted.
//
// The access control lists of Linux show in the mode's group bits, and so are part of
// it; those of macOS and of ZFS (NFSv4) don't, and aren't looked at.
type Trust uint8

const (
	// TrustDefault checks if the process is privileged: root on Unix; SYSTEM,
	// LocalService, NetworkService, any service, or elevated on Windows.
	TrustDefault Trust = iota

	// TrustAlways checks for every account.
	TrustAlways

	// TrustNone takes any file that can be read. It is for programs that run as
	// root or as a service and are meant to be configured by everybody.
	TrustNone
)

// An UntrustedError says who could change a file, or a directory on its way. It is
// [ErrUntrusted].
type UntrustedError struct {
	Path string   // the file or directory
	Who  []string // the accounts that it belongs to or that may write it: "uid 1000", "Everyone (S-1-1-0)"
	Fix  string   // the command that mends it, for an administrator

	owner bool // Who owns it; else Who may write it
}

func (e *UntrustedError) Error() string {
	return ErrUntrusted.Error() + ": " + e.reason() + "; " + e.Fix
}

// Unwrap returns [ErrUntrusted].
func (e *UntrustedError) Unwrap() error { return ErrUntrusted }

func (e *UntrustedError) reason() string {
	who := strings.Join(e.Who, ", ")
	if e.owner {
		return e.Path + " belongs to " + who
	}
	return e.Path + " can be changed by " + who
}

// errSwapped says that the path no longer leads to the file that is open.
func errSwapped(path string) error {
	return fmt.Errorf("%w: %s was exchanged while it was checked", ErrUntrusted, path)
}

// checkMode is the rule of Unix for one file, directory or link: what may others do
// to it? The owner can always change the mode, so he counts as a writer.
func checkMode(path string, owner uint32, mode fs.FileMode, euid uint32) error {
	if owner != 0 && owner != euid {
		to := "root"
		if euid != 0 {
			to = fmt.Sprint(euid)
		}
		return &UntrustedError{Path: path, Who: []string{fmt.Sprintf("uid %d", owner)}, owner: true,
			Fix: "chown " + to + " " + shquote.Quote(path)}
	}
	if mode&fs.ModeSymlink != 0 || mode.IsDir() && mode&fs.ModeSticky != 0 {
		return nil // a link's bits mean nothing; sticky: others can't rename or delete what isn't theirs
	}
	var who []string
	letters := ""
	if mode&0o020 != 0 {
		who, letters = append(who, "its group"), "g"
	}
	if mode&0o002 != 0 {
		who, letters = append(who, "everyone"), letters+"o"
	}
	if who == nil {
		return nil
	}
	return &UntrustedError{Path: path, Who: who, Fix: "chmod " + letters + "-w " + shquote.Quote(path)}
}
