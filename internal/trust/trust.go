// Package trust has the errors shared by internal/winsec and internal/unixsec: who could change a
// file that a process relies on, and how to prevent that.
package trust

import (
	"errors"
	"strings"
)

// A Finding is the error for a file, directory or link that others can change.
type Finding struct {
	Path   string
	Who    []string // the accounts, readable: "uid 1000", "Everyone (S-1-1-0)"
	Owner  bool     // Path belongs to Who; otherwise Who has rights to it
	Fix    string   // the command that takes the rights away; "" where none should
	Advice string   // what to do where there is no Fix
}

// Error names what can be changed and by whom, without the fix.
func (f *Finding) Error() string {
	who := strings.Join(f.Who, ", ")
	if f.Owner {
		return f.Path + " belongs to " + who
	}
	return f.Path + " can be changed by " + who
}

// ErrExchanged is returned, wrapped, if a path no longer leads to the open file.
var ErrExchanged = errors.New("exchanged while it was checked")
