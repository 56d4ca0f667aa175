// Package unixsec decides who can change a file on Unix, for the files that a process reads (pathx)
// and the programs that run as a service (svcx).
//
// An object is safe for an account if root or that account owns it, and if its mode lets neither
// its group nor everyone write. This applies to the file, to every directory on the path and to
// every directory that a link on the path leads through. A directory with the sticky bit may be
// writable for everyone, but then links in it are judged by their owner. On a read-only file system
// modes don't matter, but owners do. In a user namespace, an owner that the namespace doesn't know
// counts as root.
package unixsec

import (
	"fmt"
	"io/fs"
	"path"
	"slices"

	"github.com/surefoot-go/surefoot/internal/shquote"
	"github.com/surefoot-go/surefoot/internal/trust"
)

// An Entry describes a file, directory or link to the rule.
type Entry struct {
	Path string
	UID  uint32 // its owner
	Mode fs.FileMode

	Mount    Mount // where it lies
	Unmapped bool  // UID stands for users whom no account of this user namespace can be
}

// An Account is the account for which a file is checked: the one that will read, run or fill it.
type Account struct {
	UID  uint32
	Also []uint32 // others that have its rights anyway
}

// Trusts reports whether uid has at least the rights of a already.
func (a Account) Trusts(uid uint32) bool {
	return uid == 0 || uid == a.UID || slices.Contains(a.Also, uid)
}

// Check returns a [*trust.Finding] if an account that a does not trust could change e. Owners count
// as writers: they can always change the mode.
func (a Account) Check(e Entry) error {
	f := &trust.Finding{Path: e.Path}
	fix := ""
	if !a.Trusts(e.UID) && !e.Unmapped {
		f.Who, f.Owner = []string{fmt.Sprintf("uid %d", e.UID)}, true
		f.Fix = "chown "
		if e.Mode&fs.ModeSymlink != 0 {
			f.Fix += "-h " // the link itself, not what it leads to
		}
		f.Fix += owner(a.UID) + " " + shquote.Quote(e.Path)
		fix = " && "
	}
	if writers, letters := writersOf(e.Mode); writers != nil && !e.Mount.ReadOnly {
		if !f.Owner {
			f.Who = writers
		}
		f.Fix += fix + "chmod " + letters + "-w " + shquote.Quote(e.Path)
	}
	switch {
	case f.Who == nil:
		return nil
	case e.Mount.Fixed != "":
		f.Fix, f.Advice = "", e.Mount.advice(a.UID)
	case e.Mount.ReadOnly:
		f.Fix, f.Advice = "", "the file system is read-only: give it to "+owner(a.UID)+" where it is made, as in the image or the volume"
	}
	if f.Owner && e.Mode.IsDir() && isHome(e.Path) {
		f.Fix, f.Advice = "", "move what is needed out of this home directory"
	}
	return f
}

// isHome reports whether path is a user's home directory, judging by its usual place: /home/alice
// on Linux, /usr/home/alice on FreeBSD, /Users/alice on macOS.
func isHome(dir string) bool {
	switch path.Dir(dir) {
	case "/home", "/usr/home", "/var/home", "/export/home", "/Users":
		return dir != "/Users/Shared"
	}
	return false
}

func owner(uid uint32) string {
	if uid == 0 {
		return "root"
	}
	return fmt.Sprint(uid)
}

// writersOf returns the accounts other than the owner that may write according to the mode, and
// their letters in chmod.
func writersOf(mode fs.FileMode) (who []string, letters string) {
	if mode&fs.ModeSymlink != 0 || mode.IsDir() && mode&fs.ModeSticky != 0 {
		return nil, "" // a link's bits mean nothing; sticky: others can't rename or delete what isn't theirs
	}
	if mode&0o020 != 0 {
		who, letters = append(who, "its group"), "g"
	}
	if mode&0o002 != 0 {
		who, letters = append(who, "everyone"), letters+"o"
	}
	return who, letters
}
